"""Statements that are written once: the same rows as Django's, on each database."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest
from django.db import transaction
from django.forms.models import model_to_dict

from faceweb.models import Face, Job
from faceweb.people.faces.face_rows import rows_of_reply
from faceweb.replies.statements import InsertMany, Select, Update, with_keys
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


def test_rows_are_changed_as_they_are_told() -> None:
    job, other, third = make_job(width=640), make_job(width=640), make_job()
    update = Update(
        Job, ("stage_milliseconds", "started_at", "width"), {"width": "width + %s"}
    )  # fmt: skip

    update(
        {
            job.pk: {"stage_milliseconds": {"a": 1}, "started_at": MOMENT, "width": 2},
            other.pk: {"stage_milliseconds": {}, "started_at": None, "width": 0},
            uuid.uuid4(): {"stage_milliseconds": {}, "started_at": MOMENT, "width": 1},
        }
    )
    update({})

    for one in (job, other, third):
        one.refresh_from_db()
    assert (job.stage_milliseconds, job.started_at, job.width) == ({"a": 1}, MOMENT, 642)
    assert (other.stage_milliseconds, other.started_at, other.width) == ({}, None, 640)
    assert (third.stage_milliseconds, third.started_at) == ({}, None)


def test_rows_are_read_as_django_would_have() -> None:
    asked = {"filename": "a.jpg", "options": {"candidates": 2}, "created_at": MOMENT}
    jobs = sorted((make_job(**asked) for _ in range(3)), key=lambda job: job.pk.hex)
    wanted = [jobs[2].pk, uuid.uuid4(), jobs[0].pk]

    found = Select(Job)(wanted)

    expected = [Job.objects.get(pk=jobs[place].pk) for place in (0, 2)]
    assert [model_to_dict(one) for one in found] == [model_to_dict(one) for one in expected]
    assert [one.created_at for one in found] == [MOMENT, MOMENT]
    assert Select(Job)([]) == []


def test_a_row_that_is_read_in_part_knows_what_is_missing() -> None:
    job = make_job(filename="a.jpg")

    with transaction.atomic():
        (found,) = Select(Job, "filename", lock=True)([job.pk])

    assert (found.pk, found.filename) == (job.pk, "a.jpg")
    assert "state" in found.get_deferred_fields()


def test_a_statement_is_about_the_rows_with_the_keys() -> None:
    job, other = make_job(width=1), make_job(width=1)
    widen = "UPDATE {table} SET width = width + %s WHERE {keys} RETURNING width"

    assert with_keys(Job, widen, [job.pk, uuid.uuid4()], 2) == [(3,)]
    assert with_keys(Job, widen, [], 2) == []

    other.refresh_from_db()
    assert other.width == 1
