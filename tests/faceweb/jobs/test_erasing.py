"""Jobs are deleted with their objects, and what is old goes when its time is over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from botocore.exceptions import EndpointConnectionError
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone

from faceweb.access import audit
from faceweb.jobs import erasing, lost_pictures
from faceweb.jobs.erasing import (
    Erased,
    apply_retention,
    apply_retention_daily,
    delete_job,
    delete_picture,
    forget_enrolment,
    forget_lost_enrolments,
)
from faceweb.management.commands import applyretention
from faceweb.models import (
    ApiKey,
    ApiKeyUsage,
    AuditEntry,
    Erasure,
    Face,
    IdempotentAnswer,
    Job,
    JobKind,
    JobState,
    PictureName,
)
from faceweb.replies.responses import record_replies
from foundation.config import Settings
from tests.support.factories import make_face, make_job, make_reply, make_settings
from tests.support.fakes import MemoryBucket

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def pictures(monkeypatch: pytest.MonkeyPatch) -> MemoryBucket:
    bucket = MemoryBucket()
    monkeypatch.setattr(erasing, "bucket_of", lambda job, settings: bucket)
    return bucket


@pytest.fixture(autouse=True)
def answers(monkeypatch: pytest.MonkeyPatch) -> MemoryBucket:
    bucket = MemoryBucket()
    monkeypatch.setattr(erasing, "out_bucket", lambda settings: bucket)
    return bucket


def answered(pictures: MemoryBucket, answers: MemoryBucket, name: str = "a", **changes: Any) -> Job:
    """A job with its picture, its answer and its name."""
    pictures.objects[f"{name}.jpg"], answers.objects[name] = b"picture", b"Paul"
    job = make_job(
        state=JobState.SUCCEEDED, input_key=f"{name}.jpg", output_key=name, result="Paul", **changes
    )
    PictureName.objects.get_or_create(
        output_key=name, defaults={"input_key": job.input_key, "sha256": job.sha256}
    )
    return job


def ago(days: float) -> datetime:
    return timezone.now() - timedelta(days=days)


def test_a_deleted_job_takes_its_objects_and_its_name_along(
    pictures: MemoryBucket, answers: MemoryBucket
) -> None:
    job = answered(pictures, answers)
    kept = answered(pictures, answers, "b")

    job_id = job.pk
    erased = delete_job(job, make_settings(), "tester")

    assert (erased.jobs, erased.pictures) == (1, 1)
    assert (list(pictures.objects), list(answers.objects)) == (["b.jpg"], ["b"])
    assert list(Job.objects.all()) == [kept]
    assert [name.output_key for name in PictureName.objects.all()] == ["b"]
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.subject) == ("tester", str(job_id))


def test_a_picture_that_another_job_has_too_stays(
    pictures: MemoryBucket, answers: MemoryBucket
) -> None:
    first, second = answered(pictures, answers), answered(pictures, answers)

    delete_job(first, make_settings(), "tester")
    assert list(pictures.objects) == ["a.jpg"]

    delete_job(second, make_settings(), "tester")
    assert not pictures.objects and not answers.objects


def test_a_name_that_another_picture_has_taken_stays(
    pictures: MemoryBucket, answers: MemoryBucket
) -> None:
    job = answered(pictures, answers)
    PictureName.objects.update(input_key="a.png")

    delete_picture(job, make_settings())

    assert PictureName.objects.get().input_key == "a.png"


def test_pictures_and_history_have_times_of_their_own(
    pictures: MemoryBucket, answers: MemoryBucket
) -> None:
    new = answered(pictures, answers, "new", created_at=ago(1))
    middle = answered(pictures, answers, "middle", created_at=ago(10))
    answered(pictures, answers, "old", created_at=ago(100))
    settings = make_settings(retention_days_pictures=7, retention_days_history=30)

    erased = apply_retention(settings, timezone.now(), "tester")

    middle.refresh_from_db()
    assert (erased.jobs, erased.pictures) == (1, 2)
    assert list(pictures.objects) == ["new.jpg"]
    assert set(Job.objects.all()) == {new, middle}
    assert middle.picture_deleted


def test_a_job_without_an_answer_is_never_too_old(pictures: MemoryBucket) -> None:
    waiting = make_job(created_at=ago(1000))
    settings = make_settings(retention_days_pictures=1, retention_days_history=1)

    apply_retention(settings, timezone.now(), "tester")

    assert list(Job.objects.all()) == [waiting]


def test_without_times_nothing_of_the_jobs_is_deleted(
    pictures: MemoryBucket,
    answers: MemoryBucket,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for_ever = make_settings(retention_days_pictures=0, retention_days_history=0)
    monkeypatch.setattr(applyretention, "get_settings", lambda: for_ever)
    answered(pictures, answers, created_at=ago(1000))
    old = {"fingerprint": "f", "created_at": ago(2)}
    IdempotentAnswer.objects.create(key="yesterday", **old)

    call_command("applyretention")

    assert "0 jobs, 0 pictures and 0 videos were deleted" in capsys.readouterr().out
    assert Job.objects.count() == 1 and len(pictures.objects) == 1
    assert not IdempotentAnswer.objects.exists()


def test_the_audit_log_ends_but_receipts_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "ACTS_AT_ONCE", 2)
    acts = [audit.record("ann", "picture seen", number) for number in range(5)]
    receipt = audit.record("ann", "subject erased", "person")
    Erasure.objects.create(person_id="person", started_at=ago(400), receipt=receipt)
    AuditEntry.objects.filter(pk__in=[one.pk for one in (*acts[1:], receipt)]).update(at=ago(400))
    user = User.objects.create(username="ann")
    for days in (1, 400):
        LogEntry.objects.create(user=user, action_time=ago(days), action_flag=CHANGE)
    Session.objects.create(session_key="old", session_data="", expire_date=ago(1))

    apply_retention(make_settings(retention_days_audit=0), timezone.now(), "tester")
    assert (AuditEntry.objects.count(), LogEntry.objects.count()) == (7, 2)
    apply_retention(make_settings(), timezone.now(), "tester")

    kept = set(AuditEntry.objects.exclude(action="retention applied"))
    assert kept == {acts[0], receipt}
    assert LogEntry.objects.count() == 1
    assert not Session.objects.exists()


def test_a_lost_enrolment_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process died, or its client was told 504: neither the picture stays, nor a face."""
    private, settings = MemoryBucket(), make_settings()
    buckets = {id(settings): private}
    monkeypatch.setattr(erasing, "gallery_bucket", lambda asked: buckets[id(asked)])
    old = {"kind": JobKind.EMBED, "created_at": ago(1)}
    unanswered = make_job(**old, input_key="enrolment/a")
    ended = make_job(**old, input_key="enrolment/b")
    recent = make_job(kind=JobKind.EMBED, input_key="enrolment/c")
    private.objects = {job.input_key: b"pixels" for job in (unanswered, ended, recent)}
    face = make_face(identity=None, embedding=b"12345678")
    record_replies([make_reply(ended.id, answer="unknown", faces=(face,))])

    assert forget_lost_enrolments(settings, timezone.now()) == 2
    assert forget_lost_enrolments(settings, timezone.now()) == 0
    record_replies([make_reply(unanswered.id, answer="unknown", faces=(face,))])

    assert list(private.objects) == [recent.input_key]
    assert not Face.objects.exclude(embedding=None).exists()
    unanswered.refresh_from_db()
    assert (unanswered.state, unanswered.picture_deleted) == (JobState.CANCELLED, True)


def test_of_a_comparison_that_is_forgotten_both_pictures_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    private = MemoryBucket()
    private.objects = {"work/1": b"one", "work/1-other": b"other"}
    monkeypatch.setattr(erasing, "gallery_bucket", lambda _: private)
    job = make_job(kind=JobKind.VERIFY, input_key="work/1", other_key="work/1-other")

    forget_enrolment(job, make_settings())

    job.refresh_from_db()
    assert (private.objects, job.picture_deleted) == ({}, True)


def test_the_web_tier_applies_retention_once_a_day(
    pictures: MemoryBucket, answers: MemoryBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, now = make_settings(retention_days_pictures=7), timezone.now()
    private = MemoryBucket()
    private.objects["work/lost"] = b"pixels"
    monkeypatch.setattr(lost_pictures, "gallery_bucket", lambda _: private)
    monkeypatch.setattr(erasing, "RETENTION_AT_ONCE", 2)
    for name in "abc":
        answered(pictures, answers, name, created_at=ago(8))

    apply_retention_daily(settings, now)
    assert len(pictures.objects) == 1  # the rest comes in the next round
    apply_retention_daily(settings, now)
    assert not pictures.objects and not private.objects

    answered(pictures, answers, "d", created_at=ago(8))
    apply_retention_daily(settings, now + timedelta(hours=23))
    assert len(pictures.objects) == 1
    apply_retention_daily(settings, now + timedelta(hours=25))
    assert not pictures.objects


def test_a_bucket_that_is_not_listed_makes_no_round_come_again(
    pictures: MemoryBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each round has an entry of the audit log: an outage is not to fill it."""

    def fail(*_: object) -> None:
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1:9")

    monkeypatch.setattr(erasing, "forget_lost_pictures", fail)
    now = timezone.now()

    with pytest.raises(EndpointConnectionError):
        apply_retention_daily(make_settings(), now)
    apply_retention_daily(make_settings(), now)

    assert AuditEntry.objects.filter(action="retention applied").count() == 1


def test_pictures_are_kept_for_90_days_unless_it_is_set_otherwise() -> None:
    assert Settings.model_fields["retention_days_pictures"].default == 90


def test_what_was_deleted_is_told_in_words_and_in_the_audit_log(
    pictures: MemoryBucket, answers: MemoryBucket
) -> None:
    answered(pictures, answers, "old", created_at=ago(100))
    settings = make_settings(retention_days_pictures=7, retention_days_history=30)

    erased = apply_retention(settings, timezone.now(), "tester")

    assert erased == Erased(jobs=1, pictures=1, videos=0)
    assert (erased + Erased(jobs=2, pictures=3, videos=4)).in_words() == (
        "3 jobs, 4 pictures and 4 videos were deleted."
    )
    told = {entry.action: (entry.actor, entry.detail) for entry in AuditEntry.objects.all()}
    assert told == {
        "job deleted": ("tester", {"objects": 1}),
        "retention applied": ("tester", {"jobs": 1, "pictures": 1, "videos": 0}),
    }


def test_usage_answers_logins_and_sessions_end_each_at_its_time() -> None:
    now = timezone.now()
    key = ApiKey.objects.create(name="camera")
    for days in (89, 91):
        ApiKeyUsage.objects.create(key=key, minute=now - timedelta(days=days))
        attempt = AccessAttempt.objects.create(username=str(days), failures_since_start=1)
        AccessAttempt.objects.filter(pk=attempt.pk).update(attempt_time=now - timedelta(days=days))
    for hours in (23, 25):
        IdempotentAnswer.objects.create(
            key=str(hours), fingerprint="f", created_at=now - timedelta(hours=hours)
        )
    for seconds in (-1, 1):
        Session.objects.create(
            session_key=str(seconds), session_data="", expire_date=now + timedelta(seconds=seconds)
        )

    apply_retention(make_settings(), now, "tester")

    assert ApiKeyUsage.objects.get().minute == now - timedelta(days=89)
    assert AccessAttempt.objects.get().username == "89"
    assert IdempotentAnswer.objects.get().key == "23"
    assert Session.objects.get().session_key == "1"


def test_both_pictures_of_a_comparison_go_and_no_answer_of_another(
    pictures: MemoryBucket, answers: MemoryBucket
) -> None:
    pictures.objects |= {"work/1": b"one", "work/1-other": b"other"}
    answers.objects[""] = b"of nobody"
    job = make_job(
        kind=JobKind.VERIFY, state=JobState.SUCCEEDED, input_key="work/1",
        other_key="work/1-other", output_key="",
    )  # fmt: skip

    assert delete_picture(job, make_settings()) == Erased(pictures=1)

    job.refresh_from_db()
    assert (pictures.objects, job.picture_deleted) == ({}, True)
    assert answers.objects == {"": b"of nobody"}
    assert delete_picture(job, make_settings()) == Erased(), "it is done once"


def test_no_more_jobs_at_a_time_than_are_asked_for_the_oldest_first(
    pictures: MemoryBucket, answers: MemoryBucket
) -> None:
    for days in (40, 60, 50):
        answered(pictures, answers, str(days), created_at=ago(days))
    settings = make_settings(retention_days_pictures=0, retention_days_history=30)

    assert apply_retention(settings, timezone.now(), "tester", at_most=2).jobs == 2

    assert Job.objects.get().output_key == "40"


def test_an_old_picture_that_is_no_enrolment_is_not_lost(
    pictures: MemoryBucket, answers: MemoryBucket
) -> None:
    answered(pictures, answers, created_at=ago(1))

    assert forget_lost_enrolments(make_settings(), timezone.now()) == 0
