"""Changing the gallery's model: every example is embedded again, from its kept cut-out.

The gallery is swapped when all is embedded. Until then workers answer by the old one, and a run
that is interrupted has changed nothing.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from faceweb.access import audit
from faceweb.intake.uploads import UploadRefused, checked_upload
from faceweb.jobs.departures import send_task
from faceweb.models import ExamplePicture, Face, Job
from faceweb.people.examples import example_pictures
from faceweb.people.examples.embedding_run import EmbeddingRun, replies_collected
from faceweb.people.examples.losses import (
    NO_FACE,
    NO_PICTURE,
    PICTURE_GONE,
    ExampleOf,
    Losses,
    losses_of,
)
from faceweb.people.faces.likeness import looks_of
from faceweb.people.subject_list import copy_people
from faceweb.replies.leases import gallery_lease, lease
from foundation import messages
from foundation.aws.storage import gallery_bucket, gallery_files
from foundation.collections import DEFAULT
from foundation.config import Settings
from foundation.errors import ObjectMissing
from recognition.errors import GalleryChanged, GalleryEmpty, GalleryError
from recognition.gallery.gallery import Gallery, GalleryFiles, example_id
from recognition.gallery.gallery_changes import swap_model
from recognition.registry.models import model_named
from recognition.types import Embedding

ATTEMPTS = 5


class NotEmbedded(GalleryError):
    """The workers did not embed all cut-outs."""


class NotAgreed(Exception):
    """The change was called off; nothing was changed."""


@dataclass(slots=True)
class ModelChange:
    """One run: send the cut-outs of all examples, gather their new embeddings, swap."""

    settings: Settings
    files: GalleryFiles
    model: str
    run: EmbeddingRun[ExampleOf]
    _sent: set[ExampleOf] = field(default_factory=set)
    _reasons: dict[ExampleOf, str] = field(default_factory=dict)

    def gallery(self) -> Gallery:
        """The gallery as it is now. Raises GalleryError when there is nothing to change."""
        model_named(self.model)
        gallery = Gallery.open(self.files)
        if gallery is None:
            raise GalleryEmpty(
                f"there is no gallery yet: set RECOGNITION_MODEL={self.model} and enrol people"
            )
        if gallery.model == self.model:
            raise GalleryError(f"the gallery is of the model {self.model} already")
        configured = self.settings.recognition_model
        if self.run.collection == DEFAULT and configured and configured != self.model:
            raise GalleryError(
                f"RECOGNITION_MODEL is {configured}: unset it and start again, or workers would "
                f"refuse a gallery of {self.model}"
            )
        return gallery

    def submit(self, gallery: Gallery, advance: Callable[[int], None]) -> None:
        """Send the cut-outs that were not sent yet; `advance` gets the number of those that are."""
        wanted = [
            ExampleOf(person_id, example_id(row))
            for person_id in gallery.people
            for row in gallery.examples[person_id]
        ]
        for number, example in enumerate(wanted, start=1):
            if example not in self._sent:
                self._sent.add(example)
                self._submit(example)
            advance(number)

    def _submit(self, example: ExampleOf) -> None:
        kept = ExamplePicture.objects.filter(
            person_id=example.person_id, example_id=example.example_id
        ).first()
        if kept is None:
            self._reasons[example] = NO_PICTURE
            return
        try:
            content = self.run.bucket.get(kept.key)
            upload = checked_upload(f"{example.example_id}.jpg", content, self.settings)
        except ObjectMissing:
            self._reasons[example] = PICTURE_GONE
        except UploadRefused as refusal:
            self._reasons[example] = refusal.sentence
        else:
            self.run.submit(upload, example)

    def embedded(self) -> dict[ExampleOf, Embedding]:
        """The new embeddings, by the old examples. Notes why others have none.

        Raises NotEmbedded for what is no fault of the cut-outs: nobody may be lost by that.
        """
        found = {}
        for example, job in self.run.results():
            _check(job)
            if face := face_of_cutout(job):
                found[example] = looks_of(face.embedding)
            else:
                self._reasons[example] = job.error or NO_FACE
        return found

    def losses(self, gallery: Gallery) -> Losses:
        """Who and what of the gallery can't be carried over, once `embedded` was asked."""
        return losses_of(gallery, self._reasons)

    def swap(
        self, gallery: Gallery, embedded: Mapping[ExampleOf, Embedding], actor: str
    ) -> Gallery:
        """Make the gallery one of the new model. Raises GalleryChanged, GalleryError.

        Cut-outs are tied to the new examples before, and untied from the old ones after.
        """
        people: dict[str, list[Embedding]] = defaultdict(list)
        for example, vector in embedded.items():
            if example.person_id in gallery.people:
                people[example.person_id].append(vector)
        if gallery.people and not people:
            raise GalleryError("no example can be carried over: the gallery stays as it is")
        with lease(gallery_lease(self.run.collection)):
            for example, vector in embedded.items():
                example_pictures.also_of(example.person_id, example.example_id, example_id(vector))
            matrices = {one: np.array(rows, np.float32) for one, rows in people.items()}
            swap_model(self.files, gallery, self.model, matrices)
            copy_people(self.files, self.run.collection)
        audit.record(actor, "model changed", self.model, before=gallery.model, people=len(people))
        changed = self._opened()
        for person_id in gallery.people:
            rows = changed.examples[person_id] if person_id in changed.people else ()
            current = {example_id(row) for row in rows}
            example_pictures.keep_only(self.run.bucket, person_id, current)
        return changed

    def _opened(self) -> Gallery:
        gallery = Gallery.open(self.files)
        if gallery is None:
            raise GalleryError("the gallery was removed in the same moment")
        return gallery


def _check(job: Job) -> None:
    """Raises NotEmbedded unless the job says something about its cut-out."""
    if not job.is_final:
        raise NotEmbedded(
            "no app instance embeds the cut-outs: nothing was changed; look at manage.py fleet"
        )
    if job.state != messages.SUCCEEDED and job.error_kind != messages.BAD_PICTURE:
        raise NotEmbedded(f"a cut-out could not be embedded ({job.error}): nothing was changed")


def face_of_cutout(job: Job) -> Face | None:
    """The face in the middle: a cut-out was made around it, and others may reach into it.

    It was good enough when it was enrolled, so the quality filter is not asked again.
    """
    if job.state != messages.SUCCEEDED:
        return None
    faces = [face for face in job.faces.all() if face.embedding]
    return min(faces, key=lambda face: _off_the_middle(face, job), default=None)


def _off_the_middle(face: Face, job: Job) -> float:
    x, y = (face.left + face.right) / 2, (face.top + face.bottom) / 2
    return abs(x - job.width / 2) + abs(y - job.height / 2)


Advance = Callable[[int, int, int], None]
"""Told how many examples there are, how many were sent, and how many are embedded."""
Agree = Callable[[Losses], bool]
"""Asked whether to go on although some are lost."""


def change_model(
    model: str,
    settings: Settings,
    advance: Advance,
    agree: Agree,
    patience_seconds: float,
    collection: str = DEFAULT,
) -> Gallery:
    """Embed everybody with another model, and swap the gallery. Raises GalleryError, NotAgreed.

    Examples that were added to the gallery meanwhile are embedded, too.
    """
    run = EmbeddingRun[ExampleOf](gallery_bucket(settings), send_task, model, collection)
    change = ModelChange(settings, gallery_files(settings, collection), model, run)
    with replies_collected(settings):
        try:
            gallery = _changed(change, advance, agree, patience_seconds)
        finally:
            run.forget()
    time.sleep(settings.gallery_check_seconds)  # then every worker has seen the new gallery
    return gallery


def _changed(
    change: ModelChange, advance: Advance, agree: Agree, patience_seconds: float
) -> Gallery:
    agreed = Losses()
    for _ in range(ATTEMPTS):
        gallery = change.gallery()
        embedded = _embedded(change, gallery, advance, patience_seconds)
        losses = change.losses(gallery)
        if losses != agreed:
            if not agree(losses):
                raise NotAgreed
            agreed = losses
        try:
            return change.swap(gallery, embedded, "changemodel")
        except GalleryChanged:
            continue
    raise GalleryChanged("somebody changes the gallery all the time: try again later")


def _embedded(
    change: ModelChange, gallery: Gallery, advance: Advance, patience_seconds: float
) -> dict[ExampleOf, Embedding]:
    total = gallery.example_count
    change.submit(gallery, lambda sent: advance(total, sent, 0))
    change.run.wait(lambda done: advance(total, total, done), patience_seconds)
    return change.embedded()
