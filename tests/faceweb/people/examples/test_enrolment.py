"""Enrolment: labelled pictures become examples in the gallery."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from faceweb.models import Collection, ExamplePicture, Face, Job, Subject
from faceweb.people.examples.embedding_run import EmbeddingRun
from faceweb.people.examples.enrolment import Enrolment
from faceweb.replies.responses import record_replies
from foundation import messages
from recognition.enrolment.labelled_pictures import LabelledPicture
from recognition.gallery.gallery_changes import add_examples
from tests.recognition.fakes import names_of
from tests.support.factories import make_face, make_reply, make_settings, picture_bytes
from tests.support.fakes import MemoryBucket, RecordingSender
from tests.support.memory_files import MemoryFiles


def write(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


class Run:
    """An enrolment whose workers are this test."""

    def __init__(
        self,
        files: MemoryFiles | None = None,
        only_one_face: bool = False,
        collection: str = "default",
    ) -> None:
        self.bucket: Any = MemoryBucket()
        self.files, self.send = files or MemoryFiles(), RecordingSender()
        run = EmbeddingRun(self.bucket, self.send, collection=collection)
        self.enrolment = Enrolment(make_settings(), self.files, run, only_one_face)

    def submit(self, path: Path, person: str) -> Job | None:
        before = set(self.send.sent)
        self.enrolment.submit(LabelledPicture(path=path, person=person))
        new = set(self.send.sent) - before
        return Job.objects.get(pk=new.pop()) if new else None

    def sent(self, path: Path, person: str, content: bytes) -> Job:
        """A picture that is taken."""
        job = self.submit(write(path, content), person)
        assert job is not None
        return job

    def embedded(self, job: Job, value: float, *people: tuple[str, float], faces: int = 1) -> None:
        """A worker's answer: the picture's face, whom it is near to, and further faces."""
        found = tuple(
            messages.CandidateReply(person_id=one, name="", distance=far, similarity=0.5)
            for one, far in people
        )
        first = make_face(
            identity=None, distance=None, candidates=found,
            embedding=np.full(128, value, "<f4").tobytes(),
        )  # fmt: skip
        others = [make_face(identity=None, box=(0.0, 0.0, 9.0, 9.0)) for _ in range(faces - 1)]
        record_replies([make_reply(job.id, answer="unknown", faces=(first, *others))])


@pytest.mark.django_db
@pytest.mark.database
class TestEnrolment:
    def test_embeddings_reach_the_gallery_and_only_cutouts_are_kept(self, tmp_path: Path) -> None:
        run = Run()
        for number, person in enumerate(["Paul", "Paul", "Shea"]):
            job = run.sent(tmp_path / f"{number}.jpg", person, picture_bytes(seed=number))
            run.embedded(job, number / 10)

        assert run.enrolment.run.finished() == 3
        summary = run.enrolment.conclude()

        assert summary.enrolled == {"Paul": 2, "Shea": 1}
        assert summary.gallery is not None
        assert names_of(summary.gallery) == ["Paul", "Paul", "Shea"]
        assert ExamplePicture.objects.count() == len(run.bucket.objects) == 3
        assert all(key.startswith("examples/") for key in run.bucket.objects)
        assert not Face.objects.exclude(embedding=None).exists()
        assert {face.name for face in Face.objects.all()} == {"Paul", "Shea"}
        assert all(job.picture_deleted for job in Job.objects.all())

    def test_a_collection_is_enrolled_in_its_own_folder_and_within_its_limit(
        self, tmp_path: Path
    ) -> None:
        staff = Collection.objects.create(name="staff", most_people=1)
        for person, enrolled in (("Paul", {"Paul": 1}), ("Shea", {})):
            run = Run(collection=staff.pk)
            job = run.sent(tmp_path / f"{person}.jpg", person, picture_bytes(seed=len(enrolled)))
            assert job.input_key.startswith(f"collections/{staff.pk}/enrolment/")
            run.embedded(job, len(enrolled) / 10)
            if person == "Shea":
                add_examples(run.files, "dlib", {"Paul": [np.full(128, 9, np.float32)]})

            summary = run.enrolment.conclude()

            assert summary.enrolled == enrolled
        assert "may have 1 people" in summary.left_out[str(tmp_path / "Shea.jpg")]
        assert Subject.objects.get().collection_id == staff.pk
        assert set(ExamplePicture.objects.values_list("key", flat=True)) == {
            one.key for one in ExamplePicture.objects.filter(key__startswith="collections/")
        }

    def test_what_cant_be_enrolled_is_named_with_its_reason(self, tmp_path: Path) -> None:
        run = Run()
        text = write(tmp_path / "text.jpg", b"no picture")
        assert run.submit(text, "Paul") is None
        job = run.sent(tmp_path / "wall.jpg", "Paul", picture_bytes(seed=1))
        record_replies([make_reply(job.id, answer="no face", faces=())])
        late = write(tmp_path / "late.jpg", picture_bytes(seed=2))
        run.submit(late, "Shea")
        job = run.sent(tmp_path / "failed.jpg", "Shea", picture_bytes(seed=3))
        record_replies([make_reply(job.id, state=messages.FAILED, error="It broke.", faces=())])

        summary = run.enrolment.conclude()

        assert summary.enrolled == {}
        assert summary.gallery is None
        reasons = {Path(path).name: reason for path, reason in summary.left_out.items()}
        assert "not a picture" in reasons.pop("text.jpg")
        assert reasons == {
            "wall.jpg": "no face was found",
            "late.jpg": "no answer came in time",
            "failed.jpg": "It broke.",
        }

    def test_people_who_are_known_get_more_examples(self, tmp_path: Path) -> None:
        files = MemoryFiles()
        for number in range(2):
            run = Run(files)
            job = run.sent(tmp_path / f"{number}.jpg", "Paul", picture_bytes(seed=number))
            run.embedded(job, number / 10)
            summary = run.enrolment.conclude()

        assert summary.gallery is not None
        assert names_of(summary.gallery) == ["Paul", "Paul"]

    def test_an_enrolment_that_is_given_up_keeps_nothing(self, tmp_path: Path) -> None:
        run = Run()
        job = run.sent(tmp_path / "1.jpg", "Paul", picture_bytes())
        run.embedded(job, 0.5)

        run.enrolment.run.forget()

        assert not run.bucket.objects
        assert not run.files.files
        assert job.faces.get().embedding is None

    def test_the_largest_face_is_the_person(self, tmp_path: Path) -> None:
        run = Run()
        job = run.sent(tmp_path / "1.jpg", "Paul", picture_bytes())
        large, small = (np.full(128, v, "<f4").tobytes() for v in (0.25, 0.75))
        faces = tuple(make_face(identity=None, embedding=vector) for vector in (large, small))
        record_replies([make_reply(job.id, faces=faces)])

        gallery = run.enrolment.conclude().gallery

        assert gallery is not None
        assert gallery.matrix.tolist() == [[0.25] * 128]

    def test_the_same_picture_twice_is_learnt_once_and_said(self, tmp_path: Path) -> None:
        files = MemoryFiles()
        same = picture_bytes(seed=1)
        for _ in range(2):
            run = Run(files)
            for name, value in (("1.jpg", 0.25), ("copy.jpg", 0.25)):
                job = run.sent(tmp_path / name, "Paul", same)
                run.embedded(job, value)
            summary = run.enrolment.conclude()

        assert summary.gallery is not None and names_of(summary.gallery) == ["Paul"]
        reasons = {Path(path).name: reason for path, reason in summary.left_out.items()}
        assert "an example that Paul has already" in reasons["1.jpg"]
        assert summary.already == 2 and summary.enrolled == {}
        assert ExamplePicture.objects.count() == 1

    def test_a_face_that_looks_like_somebody_else_is_warned_of(self, tmp_path: Path) -> None:
        files = MemoryFiles()
        bob = add_examples(files, "dlib", {"Bob": [np.full(128, 9, "<f4")]})
        [known] = bob.people
        run = Run(files)
        for name, person, value in (("a.jpg", "Ann", 0.1), ("b.jpg", "Cid", 0.1)):
            job = run.sent(tmp_path / name, person, picture_bytes(seed=ord(name[0])))
            run.embedded(job, value, (known, 0.3), ("somebody gone", 0.1))

        summary = run.enrolment.conclude()

        assert summary.enrolled == {"Ann": 1, "Cid": 1}
        told = [note.text for note in summary.warnings]
        assert any("Ann looks like Bob (distance 0.30" in text for text in told)
        assert any("the same picture as Cid in" in text for text in told), told

    @pytest.mark.parametrize("only_one", [False, True])
    def test_several_faces_are_warned_of_or_refused(self, tmp_path: Path, only_one: bool) -> None:
        run = Run(only_one_face=only_one)
        job = run.sent(tmp_path / "1.jpg", "Paul", picture_bytes())
        run.embedded(job, 0.5, faces=3)

        summary = run.enrolment.conclude()

        if only_one:
            [reason] = summary.left_out.values()
            assert reason == "it shows 3 faces, and only pictures of one face were asked for"
        else:
            [note] = summary.warnings
            assert note.text == "3 faces; the one of 100x120 pixels at 10,20 was learnt as Paul"

    def test_a_name_in_small_letters_adds_to_the_person(self, tmp_path: Path) -> None:
        files = MemoryFiles()
        add_examples(files, "dlib", {"Paul": [np.full(128, 9, "<f4")]})
        run = Run(files)
        job = run.sent(tmp_path / "1.jpg", "paul", picture_bytes())
        run.embedded(job, 0.5)

        assert run.enrolment.conclude().enrolled == {"Paul": 1}
