"""Statements that are written once: the same rows as Django's, on each database."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest
from django.forms.models import model_to_dict

from faceweb.models import Face, Job, JobState
from faceweb.people.faces.face_rows import rows_of_reply
from faceweb.replies.statements import InsertMany, Update
from tests.support.factories import make_face, make_job, make_reply

pytestmark = [pytest.mark.django_db, pytest.mark.database]

MOMENT = datetime(2026, 11, 26, 12, 30, 15, 123456, tzinfo=UTC)


def test_many_rows_are_inserted_as_django_would_have() -> None:
    job, other = make_job(), make_job()
    reply = make_reply(
        job.id,
        faces=[make_face(identity=None, embedding=bytes([n % 256] * 8)) for n in range(1100)],
    )
    rows = rows_of_reply(reply, job.kind, MOMENT, MOMENT)

    InsertMany(Face)(rows)
    Face(**{**model_to_dict(rows[7]), "job": other, "embedding": rows[7].embedding}).save()

    ours, djangos = job.faces.get(number=7), other.faces.get()
    assert job.faces.count() == 1100
    assert model_to_dict(ours, exclude=["id", "job"]) == model_to_dict(
        djangos, exclude=["id", "job"]
    )
    assert (ours.seen_at, bytes(ours.embedding)) == (MOMENT, b"\x07" * 8)


def test_a_row_with_a_key_of_its_own_is_inserted_as_django_would_have() -> None:
    asked = {"filename": "a.jpg", "options": {"candidates": 2}, "created_at": MOMENT, "width": 64}
    ours, djangos = (Job(id=uuid.uuid4(), **asked) for _ in range(2))

    InsertMany(Job)([ours])
    djangos.save(force_insert=True)

    found, expected = (Job.objects.filter(pk=one.pk).values().get() for one in (ours, djangos))
    assert {**found, "id": None} == {**expected, "id": None}


def test_a_row_is_changed_where_the_condition_holds_and_tells_of_itself() -> None:
    job, other = make_job(created_at=MOMENT), make_job()
    update = Update(
        Job, ("stage_milliseconds", "started_at"), only_if="state = %s", returning=("created_at",)
    )  # fmt: skip

    told = update(job.pk, {"stage_milliseconds": {"a": 1}, "started_at": MOMENT}, [JobState.QUEUED])

    job.refresh_from_db()
    other.refresh_from_db()
    assert told == (MOMENT,)
    assert (job.stage_milliseconds, job.started_at) == ({"a": 1}, MOMENT)
    assert (other.stage_milliseconds, other.started_at) == ({}, None)


def test_a_row_is_left_where_the_condition_does_not_hold() -> None:
    job = make_job()
    update = Update(Job, ["result"], only_if="state = %s", returning=("id",))

    assert update(job.pk, {"result": "Ada"}, [JobState.STORED]) is None
    assert update(uuid.uuid4(), {"result": "Ada"}, [JobState.QUEUED]) is None

    job.refresh_from_db()
    assert job.result == ""


def test_a_field_can_be_written_in_sql_of_its_own() -> None:
    job = make_job(width=640)
    update = Update(
        Job, ["width"], only_if="state = %s", returning=("id",), written_as={"width": "width + %s"}
    )

    assert update(job.pk, {"width": 2}, [JobState.QUEUED]) == (job.pk,)

    job.refresh_from_db()
    assert job.width == 642
