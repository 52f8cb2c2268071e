"""The job history in the admin."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from faceweb.administration.tables import (
    dead_letters as dead_letter_admin,
    jobs as job_admin,
    jobs as retention,
)
from faceweb.administration.timing_bar import parts_of
from faceweb.jobs import erasing
from faceweb.models import DeadLetter, Job
from faceweb.replies.responses import record_replies
from tests.support.factories import make_job, make_reply, make_settings
from tests.support.fakes import MemoryBucket, RecordingSender

pytestmark = [pytest.mark.django_db, pytest.mark.database]

JOBS = "admin:faceweb_job_changelist"


@pytest.fixture
def answered_job() -> Job:
    job = make_job(created_at=timezone.now() - timedelta(seconds=2))
    record_replies([make_reply(job.id)])
    job.refresh_from_db()
    return job


def test_the_list_shows_who_was_seen_and_how_long_it_took(
    admin_client: Client, answered_job: Job
) -> None:
    page = admin_client.get(reverse(JOBS)).content.decode()

    bar = ('aria-label="in queue ', "in work 0.50 s")
    for text in ("test_00.jpg", "Paul", "0.310", "i-1", *bar):
        assert text in page


def test_one_job_shows_every_step(admin_client: Client, answered_job: Job) -> None:
    url = reverse("admin:faceweb_job_change", args=[answered_job.pk])

    page = admin_client.get(url).content.decode().lower()

    for text in ("in queue", "in work", "way back", "0.50 s", "detect", str(answered_job.id)):
        assert text in page


@pytest.mark.parametrize(
    "query",
    ["q=Paul", "state__exact=succeeded", "q={id}", "instance_id=i-1", "created_at__year=2026"],
)
def test_jobs_are_found_by_search_and_filter(
    admin_client: Client, answered_job: Job, query: str
) -> None:
    make_job(filename="other.png", created_at=timezone.now() - timedelta(days=800))

    page = admin_client.get(f"{reverse(JOBS)}?{query.format(id=answered_job.id)}").content.decode()

    assert "test_00.jpg" in page
    assert "other.png" not in page


@pytest.mark.parametrize("action", ["add", "change"])
def test_history_is_read_only(admin_client: Client, answered_job: Job, action: str) -> None:
    arguments = [] if action == "add" else [answered_job.pk]
    url = reverse(f"admin:faceweb_job_{action}", args=arguments)

    assert admin_client.post(url, {"result": "Shea"}).status_code == 403
    assert Job.objects.get().result == "Paul"


def chosen(action: str, *rows: Any) -> dict[str, Any]:
    """A form of the admin's list: an action on some rows."""
    return {"action": action, "_selected_action": [str(row.pk) for row in rows]}


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> RecordingSender:
    sender = RecordingSender()
    monkeypatch.setattr(job_admin, "send_task", sender)
    monkeypatch.setattr(dead_letter_admin, "send_task", sender)
    return sender


@pytest.fixture
def buckets(monkeypatch: pytest.MonkeyPatch) -> MemoryBucket:
    """One bucket in the place of all."""
    bucket = MemoryBucket()
    monkeypatch.setattr(erasing, "bucket_of", lambda job, settings: bucket)
    monkeypatch.setattr(erasing, "out_bucket", lambda settings: bucket)
    return bucket


def test_the_parts_of_the_bar_fill_it() -> None:
    start = timezone.now()
    times = {
        name: start + timedelta(seconds=after)
        for name, after in {
            "queued_at": 0,
            "started_at": 1,
            "finished_at": 4,
            "answered_at": 3.5,
        }.items()
    }

    parts = parts_of(Job(**times))

    assert [(part.name, part.seconds) for part in parts] == [
        ("in queue", 1.0), ("in work", 3.0), ("way back", 0.0),
    ]  # fmt: skip
    assert sum(part.width for part in parts) == pytest.approx(1)
    assert parts_of(Job()) == []


def test_a_job_that_is_run_again_keeps_its_old_answer(
    admin_client: Client, answered_job: Job, sent: RecordingSender
) -> None:
    admin_client.post(reverse(JOBS), chosen("run_again", answered_job))

    again = Job.objects.exclude(pk=answered_job.pk).get()
    answered_job.refresh_from_db()
    assert (again.input_key, again.state) == (answered_job.input_key, "stored")
    assert sent.sent == [str(again.pk)]
    assert answered_job.result == "Paul"


def test_what_cant_be_run_again_says_why(admin_client: Client, sent: RecordingSender) -> None:
    waiting, gone = make_job(filename="w.jpg"), make_job(filename="g.jpg", picture_deleted=True)
    record_replies([make_reply(gone.id)])

    answer = admin_client.post(reverse(JOBS), chosen("run_again", waiting, gone), follow=True)

    page = answer.content.decode()
    assert "w.jpg has no answer yet" in page
    assert "the picture of g.jpg was deleted" in page
    assert not sent.sent


def test_jobs_are_deleted_with_their_objects(
    admin_client: Client, answered_job: Job, buckets: MemoryBucket
) -> None:
    buckets.objects = {"test_00.jpg": b"picture", "test_00": b"Paul", "other": b"stays"}
    form = {**chosen("delete_selected", answered_job), "post": "yes"}

    admin_client.post(reverse(JOBS), form)

    assert not Job.objects.exists()
    assert list(buckets.objects) == ["other"]
    assert LogEntry.objects.get().object_repr == str(answered_job.pk), "it names nobody"


def test_storage_that_fails_is_told_and_nothing_is_called_done(
    admin_client: Client, answered_job: Job
) -> None:
    form = {**chosen("delete_selected", answered_job), "post": "yes"}

    page = admin_client.post(reverse(JOBS), form, follow=True).content.decode()

    assert "Storage does not answer" in page
    assert "Successfully" not in page
    assert Job.objects.exists()


def test_jobs_are_exported_as_csv(admin_client: Client, answered_job: Job) -> None:
    formula = make_job(filename="=HYPERLINK(1).jpg")

    answer = admin_client.post(reverse(JOBS), chosen("export_csv", answered_job, formula))

    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(answer.content.decode()))}
    assert answer["Content-Disposition"] == 'attachment; filename="jobs.csv"'
    assert rows[str(answered_job.pk)]["result"] == "Paul"
    assert rows[str(formula.pk)]["filename"] == "'=HYPERLINK(1).jpg"


def test_a_dead_letter_is_sent_again_as_a_new_job(
    admin_client: Client, sent: RecordingSender
) -> None:
    job = make_job()
    record_replies([make_reply(job.id, state="failed", error_kind="dead-letter", error="died")])
    letter = DeadLetter.objects.create(
        message_id="m1", job=job, reason="died", body="x", seen_at=timezone.now()
    )
    orphan = DeadLetter.objects.create(
        message_id="m2", reason="no task in it", body="x", seen_at=timezone.now()
    )

    url = reverse("admin:faceweb_deadletter_changelist")
    page = admin_client.post(url, chosen("send_again", letter, orphan), follow=True)

    letter.refresh_from_db()
    orphan.refresh_from_db()
    assert sent.sent == [str(Job.objects.exclude(pk=job.pk).get().pk)]
    assert letter.resolution == f"sent again as {sent.sent[0]}"
    assert orphan.resolved_at is None
    assert "m2 belongs to no job" in page.content.decode()
    assert "no task in it" in page.content.decode(), "the reason is listed"


def test_what_is_over_its_time_is_deleted_by_a_button(
    admin_client: Client, answered_job: Job, buckets: MemoryBucket, monkeypatch: Any
) -> None:
    url = reverse("admin:faceweb_job_retention")
    assert "Nothing is older" in admin_client.get(url).content.decode()
    assert url in admin_client.get(reverse(JOBS)).content.decode()
    settings = make_settings(retention_days_history=30)
    monkeypatch.setattr(retention, "get_settings", lambda: settings)
    Job.objects.update(created_at=timezone.now() - timedelta(days=31))

    assert "1 job, 0 pictures and 0 videos are older" in admin_client.get(url).content.decode()
    page = admin_client.post(url, follow=True).content.decode()

    assert "1 jobs, 1 pictures and 0 videos were deleted" in page
    assert not Job.objects.exists()


def test_who_may_not_delete_has_no_button(client: Client, django_user_model: Any) -> None:
    reader = django_user_model.objects.create_user("reader", password="x", is_staff=True)
    client.force_login(reader)

    assert client.get(reverse("admin:faceweb_job_retention")).status_code == 403


def test_text_of_a_client_is_escaped(admin_client: Client) -> None:
    make_job(filename="<script>alert(1)</script>.jpg")

    assert b"<script>alert(1)" not in admin_client.get(reverse(JOBS)).content


def test_strangers_are_sent_to_the_login(client: Client) -> None:
    answer = client.get(reverse(JOBS))

    assert answer.status_code == 302
    assert "login" in answer["Location"]
