"""The job history in the admin."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from faceweb.models import DeadLetter, Job
from faceweb.responses import record_replies
from tests.factories import make_job, make_reply

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

    for text in ("test_00.jpg", "Paul", "0.310", "i-1"):
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


@pytest.mark.parametrize("action", ["add", "change", "delete"])
def test_history_is_read_only(admin_client: Client, answered_job: Job, action: str) -> None:
    arguments = [] if action == "add" else [answered_job.pk]
    url = reverse(f"admin:faceweb_job_{action}", args=arguments)

    assert admin_client.post(url, {"result": "Shea"}).status_code == 403
    assert Job.objects.get().result == "Paul"


def test_text_of_a_client_is_escaped(admin_client: Client) -> None:
    make_job(filename="<script>alert(1)</script>.jpg")

    assert b"<script>alert(1)" not in admin_client.get(reverse(JOBS)).content


def test_dead_letters_are_listed_with_their_reason(admin_client: Client) -> None:
    DeadLetter.objects.create(
        message_id="m1", reason="none could finish it", body="x", seen_at=timezone.now()
    )

    page = admin_client.get(reverse("admin:faceweb_deadletter_changelist")).content.decode()

    assert "none could finish it" in page


def test_empty_history_opens(admin_client: Client) -> None:
    assert admin_client.get(reverse(JOBS)).status_code == 200


def test_strangers_are_sent_to_the_login(client: Client) -> None:
    answer = client.get(reverse(JOBS))

    assert answer.status_code == 302
    assert "login" in answer["Location"]
