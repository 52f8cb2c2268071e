"""A database of the version before faces were rows: migrated at once, moved while it serves."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from faceweb.models import Face, Job, Subject, Video
from faceweb.people.faces.moving import is_moved, move_some
from faceweb.people.faces.shown_faces import job_json
from faceweb.videos.answers import video_json

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

BEFORE = "0006_job_options"
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
VECTOR = bytes(range(16))
BOX = [1.0, 2.0, 30.0, 40.0]
KNOWN = {"box": BOX, "probability": 0.9, "identity": "Paul", "distance": 0.3, "similarity": 0.9}
UNKNOWN = {"box": BOX, "probability": 0.9, "embedding": base64.b64encode(VECTOR).decode()}
NAMED = {"box": BOX, "probability": 0.9, "named": "Shea"}
RENAMED = {**KNOWN, "identity": "Formerly"}


def migrated_to(name: str | None) -> Any:
    """The models as they are after a migration; after the newest one without a name."""
    executor = MigrationExecutor(connection)
    [newest] = executor.loader.graph.leaf_nodes("faceweb")
    target = ("faceweb", name) if name else newest
    executor.migrate([target])
    return executor.loader.project_state([target]).apps


@pytest.fixture
def old_jobs() -> Iterator[list[uuid.UUID]]:
    """Jobs of the old version, oldest first; the database is today's when the test has them."""
    apps = migrated_to(BEFORE)
    ids = []
    try:
        job = apps.get_model("faceweb", "Job")
        for number, faces in enumerate([[KNOWN], [UNKNOWN, NAMED], [RENAMED], []]):
            at = NOON + timedelta(seconds=number // 2)
            answer = faces[0].get("identity", "unknown") if faces else "no face"
            ids.append(
                job.objects.create(
                    state="succeeded", filename=f"{number}.jpg", result=answer, faces=faces,
                    has_unknown=faces == [UNKNOWN, NAMED], created_at=at, answered_at=at,
                ).pk
            )  # fmt: skip
        seen = {"probability": 0.9, "similarity": 0.8, "distance": 0.3, "not_named": None}
        face = {"name": "Paul", "box": BOX, **seen}
        frame = {"number": 0, "seconds": 0.0, "error": None}
        person = {"name": "Paul", "certainty": 0.8, "frames": [0], "spans": [], "best_frame": 0}
        apps.get_model("faceweb", "Video").objects.create(
            state="succeeded", filename="film.mp4", result="Paul", people=[person],
            frames=[{**frame, "faces": [face, {**face, "name": None}]}], created_at=NOON,
        )  # fmt: skip
        migrated_to(None)
        Subject.objects.create(pk="paul", name="Paul", name_key="paul", examples=1)
        Subject.objects.create(pk="shea", name="Shea", name_key="shea", examples=1)
        yield ids
    finally:
        migrated_to(None)


def everything(ids: list[uuid.UUID]) -> list[Any]:
    """What the API says of the jobs and the video, without ids of people."""
    jobs = [job_json(Job.objects.get(pk=job_id)) for job_id in ids]
    told = [*jobs, video_json(Video.objects.get())]
    for part in told:
        for one in [*part.get("people", []), *part.get("faces", []), *_faces_of_frames(part)]:
            one.pop("person_id", None)
    return told


def move_all() -> int:
    return sum(iter(move_some, 0))


def _faces_of_frames(video: dict[str, Any]) -> list[dict[str, Any]]:
    return [face for frame in video.get("frames", []) for face in frame["faces"]]


def test_old_answers_are_shown_before_they_are_moved_as_after(old_jobs: list[uuid.UUID]) -> None:
    before = everything(old_jobs)

    assert not Face.objects.exists()
    assert before[0]["faces"] == [KNOWN]
    assert [face.get("named") for face in before[1]["faces"]] == [None, "Shea"]
    move_all()
    assert everything(old_jobs) == before


def test_moved_faces_are_tied_to_who_is_called_so_now(old_jobs: list[uuid.UUID]) -> None:
    move_all()

    faces = {(face.job_id, face.number): face for face in Face.objects.filter(video=None)}
    assert faces[old_jobs[0], 0].person_id == "paul"
    assert faces[old_jobs[1], 1].person_id == "shea"
    assert (faces[old_jobs[2], 0].person_id, faces[old_jobs[2], 0].word) == (None, "Formerly")
    [waiting] = Face.objects.filter(is_unknown=True)
    assert bytes(waiting.embedding or b"") == VECTOR
    assert Video.objects.get().people[0]["person_id"] == "paul"
    assert list(Face.objects.exclude(video=None).values_list("person", flat=True)) == ["paul", None]


def test_a_move_that_stopped_goes_on_and_twice_changes_nothing(old_jobs: list[uuid.UUID]) -> None:
    assert move_some(batch=3) == 3
    assert not is_moved()
    by_an_old_process = {"old_faces": [KNOWN], "answered_at": timezone.now()}
    Job.objects.filter(pk=old_jobs[3]).update(**by_an_old_process)

    move_all()

    assert is_moved()
    assert Job.objects.get(pk=old_jobs[3]).faces.count() == 1
    rows = list(Face.objects.order_by("pk").values())
    assert len(rows) == 7
    assert move_all() == 0
    assert list(Face.objects.order_by("pk").values()) == rows


def test_a_database_without_jobs_has_nothing_to_move() -> None:
    move_all()

    assert is_moved()
