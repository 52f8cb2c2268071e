"""Replies become rows, once."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from structlog.testing import capture_logs

from faceweb.models import Job, JobKind, JobState, Subject
from faceweb.people.faces.shown_faces import job_json
from faceweb.replies.responses import (
    JobOutcome,
    fail_job,
    filled_up,
    finished_among,
    record_replies,
)
from foundation import messages
from tests.support.factories import make_face, make_job, make_reply

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def test_a_reply_ends_its_job_with_all_that_it_says() -> None:
    job = make_job()

    [outcome] = record_replies([make_reply(job.id)])

    job.refresh_from_db()
    assert outcome.result == job.result == "Paul"
    assert (job.state, job.instance_id, job.worker, job.model) == (
        JobState.SUCCEEDED, "i-1", "host:1", "dlib",
    )  # fmt: skip
    assert (job.width, job.height, job.distance) == (640, 480, 0.31)
    assert job.started_at is not None
    assert job.answered_at is not None
    assert job.stage_milliseconds == {"detect": 12.5, "embed": 30.0}


def test_the_first_reply_wins() -> None:
    job = make_job()
    record_replies([make_reply(job.id, answer="Paul")])

    [outcome] = record_replies([make_reply(job.id, answer="Shea")])

    assert outcome.result == "Paul"
    assert Job.objects.get(pk=job.id).result == "Paul"


def test_the_first_of_two_replies_in_one_batch_wins() -> None:
    job = make_job()

    record_replies([make_reply(job.id, answer="Paul"), make_reply(job.id, answer="Shea")])

    assert Job.objects.get(pk=job.id).result == "Paul"


def test_a_late_failure_does_not_undo_an_answer() -> None:
    job = make_job()
    record_replies([make_reply(job.id)])

    record_replies([make_reply(job.id, state=messages.FAILED, error="too late", answer="")])

    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.SUCCEEDED, "")


def test_a_failure_is_written_and_told_with_its_reason() -> None:
    job = make_job(width=30, height=40)
    reply = make_reply(
        job.id, state=messages.FAILED, answer="", faces=(), width=0, height=0,
        error_kind=messages.BAD_PICTURE, error="It has no pixels.", started_at=1e12,
    )  # fmt: skip
    outcome = JobOutcome(
        job_id=job.id, state="failed", result="", error_kind="bad-picture",
        error="It has no pixels.",
    )  # fmt: skip

    assert record_replies([reply]) == [outcome]

    job.refresh_from_db()
    assert (job.state, job.error_kind, job.error) == ("failed", "bad-picture", "It has no pixels.")
    assert (job.width, job.height, job.distance) == (30, 40, None)
    assert job.gallery_version == "abc"
    assert job.started_at is None, "no calendar has such a year"
    assert job.finished_at == datetime.fromtimestamp(1_780_000_000.5, UTC)
    assert record_replies([make_reply(job.id)]) == finished_among([job.id]) == [outcome]


def test_a_job_that_gets_no_reply_is_ended_with_a_reason() -> None:
    job = make_job()

    [outcome] = fail_job(job.id, messages.DEAD_LETTER, "It was given up.")

    told = (outcome.job_id, outcome.state, outcome.error_kind, outcome.error)
    assert told == (job.id, "failed", "dead-letter", "It was given up.")


def test_a_job_s_distance_is_that_of_its_first_face_that_has_one() -> None:
    job = make_job()
    faces = (make_face(distance=None), make_face(distance=0.4), make_face(distance=0.2))

    record_replies([make_reply(job.id, faces=faces)])

    assert Job.objects.get(pk=job.id).distance == 0.4


def test_the_log_says_which_job_was_answered_and_by_whom() -> None:
    job = make_job(created_at=timezone.now() - timedelta(seconds=90))
    with capture_logs() as lines:
        record_replies([make_reply(job.id), make_reply(job.id, answer="Shea")])
        record_replies([make_reply(job.id)])
        nobody = make_reply()
        record_replies([nobody])

    answered, unknown = lines
    seconds = answered.pop("seconds")
    assert isinstance(seconds, float)
    assert 90 <= seconds == round(seconds, 3)
    assert answered == {
        "event": "job_answered", "log_level": "info", "job_id": str(job.id), "state": "succeeded",
        "instance_id": "i-1",
    }  # fmt: skip
    assert (unknown["event"], unknown["job_id"]) == ("reply_without_job", str(nobody.job_id))


def test_a_face_nobody_knows_keeps_its_embedding_with_the_job() -> None:
    job = make_job()
    unknown = make_face(identity=None, embedding=b"\x00\x00\x80\x3f")

    record_replies([make_reply(job.id, answer="unknown", faces=(unknown,))])

    job.refresh_from_db()
    assert bytes(job.faces.get().embedding) == b"\x00\x00\x80\x3f"
    assert "embedding" not in job_json(job)["faces"][0]


@pytest.mark.parametrize(("kind", "asks"), [(JobKind.RECOGNISE, True), (JobKind.EMBED, False)])
def test_faces_say_when_they_were_seen_and_named_and_who_is_to_be_named(
    kind: JobKind, asks: bool
) -> None:
    job = make_job(kind=kind)
    unknown = make_face(identity=None, embedding=b"\x00\x00\x80\x3f")

    record_replies([make_reply(job.id, faces=(make_face(), unknown))])

    job.refresh_from_db()
    named, nameless = job.faces.order_by("number")
    assert (named.seen_at, named.named_at) == (job.created_at, job.answered_at)
    assert (nameless.named_at, nameless.is_unknown) == (None, asks)


def test_a_late_reply_names_nobody_who_was_erased() -> None:
    job = make_job()
    Subject.objects.create(pk="paul", erased_at=timezone.now())

    [outcome] = record_replies([make_reply(job.id)])

    assert outcome.result == "erased"
    assert job.faces.get().person_id is None


def test_finished_jobs_are_found_whoever_wrote_them_down() -> None:
    finished, waiting, somebody_elses = make_job(), make_job(), make_job()
    record_replies([make_reply(finished.id), make_reply(somebody_elses.id)])

    found = finished_among([finished.id, waiting.id, uuid.uuid4()])

    assert [outcome.job_id for outcome in found] == [finished.id]


def test_ids_are_filled_up_to_the_next_power_of_two() -> None:
    ids = [uuid.uuid4() for _ in range(1000)]

    for count, length in ((0, 0), (1, 1), (2, 2), (3, 4), (5, 8), (512, 512), (1000, 1024)):
        filled = filled_up(ids[:count])
        assert len(filled) == length
        assert set(filled) == set(ids[:count])
