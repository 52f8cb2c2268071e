"""Enrolment: labelled pictures become examples in the gallery."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
import pytest

from faceweb.models import ExamplePicture, Face, Job
from faceweb.people.enrolment import (
    Enrolment,
    EnrolmentError,
    LabelledPicture,
    pictures_by_csv,
    pictures_by_folder,
)
from faceweb.responses import record_replies
from recognition.gallery import MemoryFiles
from tests.factories import make_face, make_reply, make_settings, picture_bytes
from tests.fakes import MemoryBucket, RecordingSender
from tests.recognition.fakes import names_of
from workers import messages


def write(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_a_sub_folder_is_a_person(tmp_path: Path) -> None:
    for name in ("Paul/1.jpg", "Paul/2.PNG", "Shea/1.jpeg", "Shea/notes.txt", "loose.jpg"):
        write(tmp_path / name)

    found = pictures_by_folder(tmp_path)

    assert [(p.person, p.path.name) for p in found] == [
        ("Paul", "1.jpg"), ("Paul", "2.PNG"), ("Shea", "1.jpeg"),
    ]  # fmt: skip


def test_a_folder_without_people_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EnrolmentError, match="make one for each person"):
        pictures_by_folder(tmp_path)


@pytest.mark.parametrize("image", ["test_00", "test_00.jpg"])
def test_a_csv_names_pictures_with_or_without_extension(tmp_path: Path, image: str) -> None:
    picture = write(tmp_path / "p" / "test_00.jpg")
    labels = write(tmp_path / "l.csv", f"\ufeffImage,Results\n{image},Paul\n".encode())

    assert pictures_by_csv(picture.parent, labels) == [LabelledPicture(path=picture, person="Paul")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Picture,Name\na,b\n", "columns Image,Results"),
        ("Image,Results\nmissing.jpg,Paul\n", "line 2: .* has no picture 'missing.jpg'"),
        ("Image,Results\ntest_00.jpg,\n", "line 2: a value is missing"),
        ("Image,Results\n", "names no picture"),
        ("", "columns Image,Results"),
        ("\x00\xff", "is no CSV text|columns Image,Results"),
    ],
)
def test_a_csv_that_cant_be_used_says_where(tmp_path: Path, text: str, words: str) -> None:
    write(tmp_path / "p" / "test_00.jpg")
    labels = write(tmp_path / "l.csv", text.encode("latin-1"))

    with pytest.raises(EnrolmentError, match=words):
        pictures_by_csv(tmp_path / "p", labels)


class Run:
    """An enrolment whose workers are this test."""

    def __init__(self, files: MemoryFiles | None = None) -> None:
        self.bucket, self.files, self.send = (
            MemoryBucket(),
            files or MemoryFiles(),
            RecordingSender(),
        )
        self.enrolment = Enrolment(make_settings(), self.bucket, self.files, self.send)  # type: ignore[arg-type]

    def submit(self, path: Path, person: str) -> Job | None:
        before = set(self.send.sent)
        self.enrolment.submit(LabelledPicture(path=path, person=person))
        new = set(self.send.sent) - before
        return Job.objects.get(pk=new.pop()) if new else None

    def embedded(self, job: Job, value: float) -> None:
        vector = np.full(128, value, "<f4").tobytes()
        face = make_face(identity=None, distance=None, embedding=vector)
        record_replies([make_reply(job.id, answer="unknown", faces=(face,))])


@pytest.mark.django_db
@pytest.mark.database
class TestEnrolment:
    def test_embeddings_reach_the_gallery_and_only_cutouts_are_kept(self, tmp_path: Path) -> None:
        run = Run()
        for number, person in enumerate(["Paul", "Paul", "Shea"]):
            picture = write(tmp_path / f"{number}.jpg", picture_bytes(seed=number))
            job = run.submit(picture, person)
            assert job is not None
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

    def test_what_cant_be_enrolled_is_named_with_its_reason(self, tmp_path: Path) -> None:
        run = Run()
        text = write(tmp_path / "text.jpg", b"no picture")
        assert run.submit(text, "Paul") is None
        faceless = write(tmp_path / "wall.jpg", picture_bytes(seed=1))
        job = run.submit(faceless, "Paul")
        assert job is not None
        record_replies([make_reply(job.id, answer="no face", faces=())])
        late = write(tmp_path / "late.jpg", picture_bytes(seed=2))
        run.submit(late, "Shea")
        failed = write(tmp_path / "failed.jpg", picture_bytes(seed=3))
        job = run.submit(failed, "Shea")
        assert job is not None
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
            job = run.submit(write(tmp_path / f"{number}.jpg", picture_bytes(seed=number)), "Paul")
            assert job is not None
            run.embedded(job, number / 10)
            summary = run.enrolment.conclude()

        assert summary.gallery is not None
        assert names_of(summary.gallery) == ["Paul", "Paul"]

    def test_an_enrolment_that_is_given_up_keeps_nothing(self, tmp_path: Path) -> None:
        run = Run()
        job = run.submit(write(tmp_path / "1.jpg", picture_bytes()), "Paul")
        assert job is not None
        run.embedded(job, 0.5)

        run.enrolment.run.forget()

        assert not run.bucket.objects
        assert not run.files.files
        assert job.faces.get().embedding is None

    def test_the_largest_face_is_the_person(self, tmp_path: Path) -> None:
        run = Run()
        job = run.submit(write(tmp_path / "1.jpg", picture_bytes()), "Paul")
        assert job is not None
        large, small = (np.full(128, v, "<f4").tobytes() for v in (0.25, 0.75))
        faces = tuple(make_face(identity=None, embedding=vector) for vector in (large, small))
        record_replies([make_reply(job.id, faces=faces)])

        gallery = run.enrolment.conclude().gallery

        assert gallery is not None
        assert gallery.matrix.tolist() == [[0.25] * 128]
        assert base64.b64encode(large)
