"""A database of a version before 0.1.0, whose faces are JSON, is refused and stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

BEFORE = "0056_uploads"
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
FACE = {"box": [1.0, 2.0, 30.0, 40.0], "probability": 0.9, "identity": "Paul"}
MOVED = ("faces of jobs moved", "faces of videos moved")


def migrated_to(name: str | None) -> Any:
    """The models as they are after a migration; after the newest one without a name."""
    executor = MigrationExecutor(connection)
    [newest] = executor.loader.graph.leaf_nodes("faceweb")
    target = ("faceweb", name) if name else newest
    executor.migrate([target])
    return executor.loader.project_state([target]).apps


def job(apps: Any, faces: list[object]) -> None:
    apps.get_model("faceweb", "Job").objects.create(
        state="succeeded", filename="a.jpg", old_faces=faces, created_at=NOON
    )


def video(apps: Any, faces: list[object]) -> None:
    apps.get_model("faceweb", "Video").objects.create(
        state="succeeded", filename="film.mp4", frames=[{"number": 0, "faces": faces}],
        created_at=NOON,
    )  # fmt: skip


@pytest.mark.parametrize("make", [job, video])
def test_faces_that_are_no_rows_are_refused_until_they_are_moved(
    make: Callable[[Any, list[object]], None],
) -> None:
    apps = migrated_to(BEFORE)
    try:
        make(apps, [FACE])
        with pytest.raises(CommandError, match=r"before 0\.1\.0.*`manage\.py movefaces`"):
            migrated_to(None)
        bookmarks = apps.get_model("faceweb", "Bookmark").objects
        bookmarks.create(name=MOVED[0], place={"is_done": True})
        bookmarks.create(name=MOVED[1], place={"is_done": False})
        with pytest.raises(CommandError):
            migrated_to(None)
        bookmarks.update(place={"is_done": True})
        migrated_to(None)
    finally:
        apps.get_model("faceweb", "Job").objects.all().delete()
        apps.get_model("faceweb", "Video").objects.all().delete()
        migrated_to(None)


def test_a_database_of_today_is_taken() -> None:
    apps = migrated_to(BEFORE)
    job(apps, [])
    video(apps, [])

    migrated_to(None)
