"""Many pictures at once: each has its row, the whole is shown, exported and forgotten in time."""

from __future__ import annotations

import csv
import io

import pytest
from asgiref.sync import async_to_sync
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import AsyncClient
from django.utils import timezone

from faceweb.jobs.batches import KEPT, forget_old_batches
from faceweb.models import AuditEntry, Batch, BatchPicture, Job, JobState
from faceweb.pages.batches import pages as module
from faceweb.pages.batches.rows import progress_of
from faceweb.replies.responses import record_replies
from tests.support.factories import make_face, make_reply, picture_bytes
from tests.support.fakes import MemoryBucket, RecordingSender

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

get, post = async_to_sync(AsyncClient().get), async_to_sync(AsyncClient().post)


@pytest.fixture(autouse=True)
def sender(monkeypatch: pytest.MonkeyPatch) -> RecordingSender:
    sender, bucket = RecordingSender(), MemoryBucket()
    monkeypatch.setattr(module, "send_task", sender)
    monkeypatch.setattr(module, "in_bucket", lambda settings: bucket)
    return sender


def begun(expected: int) -> str:
    answer = post("/batches", {"expected": expected})
    assert answer.status_code == 201
    return str(answer.json()["url"])


def sent(url: str, name: str, content: bytes | None = None) -> int:
    body = picture_bytes(64, 64) if content is None else content
    file = SimpleUploadedFile(name, body, "image/jpeg")
    return int(post(f"{url}/pictures", {"filename": name, "inputFile": file}).status_code)


def answered(filename: str, identity: str | None) -> None:
    job = Job.objects.get(filename=filename)
    face = make_face(identity=identity, embedding=None)
    record_replies([make_reply(job.id, answer=identity or "unknown", faces=(face,))])


def test_each_picture_has_its_state_and_its_reason() -> None:
    url = begun(3)
    assert [sent(url, "a.jpg"), sent(url, "b.jpg", picture_bytes(65, 65))] == [204, 204]
    assert sent(url, "words.jpg", b"only words") == 204
    answered("a.jpg", "=Ann")

    page = get(url).content.decode()

    assert "2 of 3 are answered, 1 without a result" in page
    assert "not a picture" in page and "=Ann" in page and "waiting" in page
    progress = progress_of(Batch.objects.get())
    assert (progress.sent, progress.is_over) == (3, False)


def test_the_results_are_exported_without_formulas() -> None:
    url = begun(2)
    sent(url, "a.jpg")
    sent(url, "words.jpg", b"only words")
    answered("a.jpg", "=Ann")

    lines = list(csv.reader(io.StringIO(get(f"{url}/pictures.csv").content.decode())))
    pictures = get(f"{url}/pictures.json").json()["pictures"]

    assert lines[1][:5] == ["a.jpg", "succeeded", "'=Ann", "1", "'=Ann"]
    assert lines[2][:2] == ["words.jpg", "refused"]
    assert [one["filename"] for one in pictures] == ["a.jpg", "words.jpg"]
    assert pictures[0]["faces"][0]["identity"] == "=Ann"
    assert AuditEntry.objects.filter(action="batch exported").count() == 2


def test_what_is_open_is_cancelled_and_tried_again(sender: RecordingSender) -> None:
    url = begun(5)
    sent(url, "a.jpg")
    post(f"{url}/change", {"do": "cancel"})
    assert Job.objects.get().state == JobState.CANCELLED
    assert progress_of(Batch.objects.get()).is_over, "the four that were not sent will not come"
    assert "Try failed ones again" in get(url).content.decode()

    post(f"{url}/change", {"do": "retry"})

    row = BatchPicture.objects.get()
    assert row.job is not None and row.job.state == JobState.STORED
    assert Job.objects.count() == 2


def test_a_refused_picture_is_not_offered_again() -> None:
    url = begun(1)
    sent(url, "words.jpg", b"only words")

    page = get(url).content.decode()

    assert "1 of 1 are answered, 1 without a result" in page
    assert "Try failed ones again" not in page


def test_a_full_batch_takes_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PICTURES", 1)
    url = begun(7)
    assert [sent(url, "a.jpg"), sent(url, "b.jpg")] == [204, 413]
    assert Batch.objects.get().expected == 1


def test_an_old_batch_goes_and_its_jobs_stay() -> None:
    sent(begun(1), "a.jpg")
    forget_old_batches(timezone.now() + KEPT)
    assert (Batch.objects.count(), BatchPicture.objects.count(), Job.objects.count()) == (0, 0, 1)
