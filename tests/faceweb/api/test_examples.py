"""People are enrolled and get examples: what is kept, and what is said of the rest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from botocore.exceptions import EndpointConnectionError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import AsyncClient

from faceweb.api import auth
from faceweb.collections.limits import CollectionFull
from faceweb.intake import asking, submission, writing
from faceweb.models import Face, Job, JobState
from faceweb.people.subjects import Subjects
from faceweb.replies.responses import record_replies
from faceweb.replies.threads import run_in_thread
from recognition.gallery.gallery import Gallery
from recognition.gallery.gallery_changes import add_examples
from tests.support.factories import make_face, make_reply, make_settings, picture_bytes
from tests.support.fakes import MemoryBucket
from tests.support.memory_files import MemoryFiles

# Requests run on threads of their own, so what they see must be committed.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


@pytest.fixture
def files(private: MemoryBucket, monkeypatch: pytest.MonkeyPatch) -> MemoryFiles:
    """A gallery in memory."""
    files = MemoryFiles()
    in_memory = Subjects(files, private, make_settings(), "tester")  # type: ignore[arg-type]
    monkeypatch.setattr(auth, "subjects", lambda settings, actor, collection: in_memory)
    return files


async def test_an_enrolment_that_runs_into_a_504_leaves_nothing(
    private: MemoryBucket, files: MemoryFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its answer comes later, and is not written down any more."""
    monkeypatch.setattr(writing, "send_task", lambda *jobs: None)

    form = {"name": "Ada", "picture": SimpleUploadedFile("ada.jpg", picture_bytes())}
    answer = await AsyncClient().post("/api/v1/subjects", form)
    job = await Job.objects.aget()
    face = make_face(identity=None, embedding=b"12345678")
    late = make_reply(job.pk, answer="unknown", faces=(face,))
    await run_in_thread(record_replies, [late])

    assert answer.status_code == 504
    assert "send the picture again" in answer.json()["detail"]
    assert (private.objects, files.files) == ({}, {})
    assert not await Face.objects.aexists()
    await job.arefresh_from_db()
    assert (job.state, job.picture_deleted) == (JobState.CANCELLED, True)


class At:
    """Answers every embedding at once: a face for a picture, none where the picture says so."""

    def __init__(self, faceless: bytes) -> None:
        self.faceless = faceless

    def __call__(self, *jobs: Job) -> None:
        for job in jobs:
            faces = () if job.size_bytes == len(self.faceless) else (
                make_face(identity=None, embedding=np.full(128, job.size_bytes, "<f4").tobytes()),
            )  # fmt: skip
            record_replies([make_reply(job.pk, answer="unknown", faces=faces, model="dlib")])


async def test_several_examples_come_at_once_and_what_is_none_says_why(
    private: MemoryBucket, files: MemoryFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = [picture_bytes(seed=n, width=40 + n) for n in (1, 2)]
    faceless = picture_bytes(seed=9, width=90)
    add_examples(files, "dlib", {"Ada": [np.zeros(128, np.float32)]})
    monkeypatch.setattr(writing, "send_task", At(faceless))
    [ada] = Gallery.open(files).people.values()  # type: ignore[union-attr]
    path = f"/api/v1/subjects/{ada.id}/examples/batch"
    sent = [good[0], b"no picture", good[1], faceless]

    answer = await AsyncClient().post(
        path, {"pictures": [SimpleUploadedFile(f"{n}.jpg", one) for n, one in enumerate(sent)]}
    )
    none = await AsyncClient().post(path, {"pictures": [SimpleUploadedFile("a.jpg", faceless)]})
    text = SimpleUploadedFile("a.jpg", b"no picture")
    not_even_sent = await AsyncClient().post(path, {"pictures": [text]})

    told = answer.json()
    assert (answer.status_code, told["examples"]) == (201, 3), told
    assert [(one["picture"], one["status"]) for one in told["problems"]] == [(1, 415), (3, 422)]
    assert none.status_code == 422 and "No face" in none.json()["detail"]
    assert not_even_sent.status_code in (415, 422)
    assert not [key for key in private.objects if key.startswith("enrolment/")]


class FailsAtTheThird(MemoryBucket):
    def put(self, key: str, body: bytes, content_type: str) -> None:
        if len(self.objects) == 2:
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:9")
        super().put(key, body, content_type)


async def test_several_that_storage_does_not_all_take_leave_nothing(
    files: MemoryFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No job of theirs is written down, by which they would be found and deleted."""
    bucket = FailsAtTheThird()
    for module in (asking, submission):
        monkeypatch.setattr(module, "gallery_bucket", lambda settings: bucket)

    answer = await AsyncClient().post(*examples_of_ada(files, 3))

    assert (answer.status_code, bucket.objects) == (503, {})
    assert not await Job.objects.aexists()


async def test_several_that_the_database_does_not_take_leave_nothing(
    private: MemoryBucket, files: MemoryFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    were_there: list[int] = []

    def away(rows: Sequence[Job]) -> None:
        were_there.append(len(private.objects))
        raise OperationalError("away")

    monkeypatch.setattr(writing, "insert_jobs", away)

    answer = await AsyncClient().post(*examples_of_ada(files, 2))

    assert (answer.status_code, were_there, private.objects) == (503, [2], {})


def examples_of_ada(files: MemoryFiles, count: int) -> tuple[str, dict[str, object]]:
    add_examples(files, "dlib", {"Ada": [np.zeros(128, np.float32)]})
    [ada] = Gallery.open(files).people.values()  # type: ignore[union-attr]
    pictures = [SimpleUploadedFile(f"{n}.jpg", picture_bytes(seed=n)) for n in range(count)]
    return f"/api/v1/subjects/{ada.id}/examples/batch", {"pictures": pictures}


async def test_a_collection_that_is_full_keeps_the_examples_that_it_took(
    private: MemoryBucket, files: MemoryFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    def has_two(_collection: str, gallery: Gallery, _people: int, more: int) -> None:
        if gallery.example_count + more > 2:
            raise CollectionFull("the collection may have 2 examples")

    monkeypatch.setattr(writing, "send_task", At(b""))
    monkeypatch.setattr("faceweb.people.subjects.check_room", has_two)

    answer = await AsyncClient().post(*examples_of_ada(files, 2))

    told = answer.json()
    assert (answer.status_code, told["examples"]) == (201, 2), told
    assert [(one["picture"], one["status"]) for one in told["problems"]] == [(1, 409)]
