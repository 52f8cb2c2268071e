"""Enrolment: pictures of people become examples in the gallery, embedded by the workers.

The web tier loads no model, so a picture of an enrolment is a job like any other. A run has its
own ends of the queues, so it works beside a web tier or without one.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from faceweb.collections.limits import CollectionFull, check_room
from faceweb.intake.uploads import UploadRefused, checked_upload
from faceweb.jobs.departures import send_task
from faceweb.models import Job
from faceweb.people.correcting.naming import note_person
from faceweb.people.examples import example_pictures
from faceweb.people.examples.checking import checked, new_example, sure_faces
from faceweb.people.examples.embedding_run import EmbeddingRun, replies_collected
from faceweb.people.subject_list import copy_people
from faceweb.replies.leases import gallery_lease, lease
from foundation import messages
from foundation.aws.storage import gallery_bucket, gallery_files
from foundation.collections import DEFAULT
from foundation.config import Settings
from recognition.enrolment.gallery_check import by_person
from recognition.enrolment.labelled_pictures import LabelledPicture
from recognition.enrolment.learning import Learnt, NewExample, Note, why_not_learnt
from recognition.gallery.gallery import Gallery, GalleryFiles, example_id
from recognition.gallery.gallery_changes import add_examples


@dataclass(slots=True, kw_only=True)
class EnrolmentSummary:
    """What became of an enrolment's pictures. `already` counts those that were examples before."""

    enrolled: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    warnings: list[Note] = field(default_factory=list)
    already: int = 0
    gallery: Gallery | None = None


@dataclass(slots=True)
class Enrolment:
    """One run: send every picture to the workers, gather their embeddings, extend the gallery."""

    settings: Settings
    files: GalleryFiles
    run: EmbeddingRun[LabelledPicture]
    only_one_face: bool = False
    summary: EnrolmentSummary = field(default_factory=EnrolmentSummary)

    def submit(self, picture: LabelledPicture) -> None:
        """Send one picture to the workers; one that can't be used is left out with its reason."""
        try:
            upload = checked_upload(picture.path.name, picture.path.read_bytes(), self.settings)
        except (UploadRefused, OSError) as refusal:
            self._leave_out(picture, str(refusal))
            return
        self.run.submit(upload, picture)

    def conclude(self) -> EnrolmentSummary:
        """Write the finished pictures' embeddings into the gallery, keep the faces' cut-outs, and
        forget the pictures."""
        usable = list(self._usable())
        for model in dict.fromkeys(job.model for _, job in usable):
            self._extend([one for one in usable if one[1].model == model], model)
        self.run.forget()
        return self.summary

    def _usable(self) -> Iterator[tuple[LabelledPicture, Job]]:
        """The pictures whose first face can become an example."""
        for picture, job in self.run.results():
            if why := self._why_not(job):
                self._leave_out(picture, why)
            else:
                yield picture, job

    def _why_not(self, job: Job) -> str | None:
        """Why a job's picture gives no example, or None."""
        if job.state != messages.SUCCEEDED:
            return job.error or "no answer came in time"
        left_out = [face.left_out for face in job.faces.all()]
        return why_not_learnt(left_out, sure_faces(job.faces.all()), self.only_one_face)

    def _extend(self, pictures: Sequence[tuple[LabelledPicture, Job]], model: str) -> None:
        with lease(gallery_lease(self.run.collection)):
            learnt = self._checked(pictures, model)
            if not learnt.examples or not self._has_room(learnt):
                return
            gallery = add_examples(self.files, model, by_person(learnt.examples))
            copy_people(self.files, self.run.collection)
        self.summary.gallery = gallery
        jobs = {str(picture.path): job for picture, job in pictures}
        for example in learnt.examples:
            self._keep(jobs[example.source], example, gallery)

    def _has_room(self, learnt: Learnt) -> bool:
        """Whether the collection may have them all; otherwise each is left out with the reason."""
        gallery = self.summary.gallery
        names = {one.person for one in learnt.examples}
        new = [name for name in names if not (gallery and gallery.person_named(name))]
        try:
            check_room(self.run.collection, gallery, len(new), len(learnt.examples))
        except CollectionFull as refusal:
            self.summary.left_out |= {one.source: str(refusal) for one in learnt.examples}
            return False
        return True

    def _checked(self, pictures: Sequence[tuple[LabelledPicture, Job]], model: str) -> Learnt:
        """What to add of their first faces; the rest, and the warnings, go into the summary."""
        gallery = Gallery.open(self.files)
        new = [
            new_example(
                job.faces.all()[0], picture.person, str(picture.path), job.sha256,
                sure_faces(job.faces.all()), gallery,
            )
            for picture, job in pictures
        ]  # fmt: skip
        learnt = checked(new, gallery, model)
        self.summary.gallery = gallery
        self.summary.warnings += learnt.warnings
        self.summary.already += len(learnt.twice)
        self.summary.left_out |= {note.source: note.text for note in learnt.twice}
        return learnt

    def _keep(self, job: Job, example: NewExample, gallery: Gallery) -> None:
        """Keep the cut-out of a face that was learnt, and say in its row whose it is."""
        person = gallery.person_named(example.person)
        assert person is not None  # noqa: S101 - the gallery has got the example
        self.summary.enrolled[person.name] = self.summary.enrolled.get(person.name, 0) + 1
        run, row = self.run, job.faces.all()[0]
        content, number = run.bucket.get(job.input_key), example_id(example.embedding)
        example_pictures.keep(run.bucket, content, row.box, person.id, number, run.collection)
        note_person(row, person.id)

    def _leave_out(self, picture: LabelledPicture, reason: str) -> None:
        self.summary.left_out[str(picture.path)] = reason


Advance = Callable[[int, int], None]
"""Told how many pictures were sent, and how many are done."""


def enrol(
    pictures: Sequence[LabelledPicture],
    settings: Settings,
    advance: Advance,
    patience_seconds: float,
    only_one_face: bool = False,
    collection: str = DEFAULT,
) -> EnrolmentSummary:
    """Send all pictures, wait for their embeddings, and extend the gallery.

    Pictures that are not done after `patience_seconds` without any progress are left out, and so
    are those of several faces where `only_one_face` is asked for.
    """
    run = EmbeddingRun[LabelledPicture](gallery_bucket(settings), send_task, collection=collection)
    enrolment = Enrolment(settings, gallery_files(settings, collection), run, only_one_face)
    with replies_collected(settings):
        try:
            for number, picture in enumerate(pictures, start=1):
                enrolment.submit(picture)
                advance(number, 0)
            run.wait(lambda done: advance(len(pictures), done), patience_seconds)
            summary = enrolment.conclude()
        except BaseException:
            run.forget()
            raise
    # Every picture that a worker takes from now on is compared with the new gallery.
    time.sleep(settings.gallery_check_seconds)
    return summary
