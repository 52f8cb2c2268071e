"""`manage.py migrate` on databases of older checkouts."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from faceweb.management.commands.migrate import FIRST_RELEASE
from tests.support.factories import make_job, make_video

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def applied_before(app: str, count: int | None) -> None:
    """Note that an older checkout made this database, as far as these migrations."""
    recorder = MigrationRecorder(connection)
    recorder.migration_qs.filter(app=app).delete()
    for name in import_module(f"{app}.migrations.{FIRST_RELEASE}").BEFORE_RELEASE[:count]:
        recorder.record_applied(app, name)


@pytest.mark.parametrize(
    ("app", "lacking"), [("faceweb", "faceweb 0020_collections"), ("scaler", "scaler 0")]
)
def test_one_that_an_older_checkout_left_unfinished_is_refused_in_a_sentence(
    app: str, lacking: str
) -> None:
    applied_before(app, 12 if app == "faceweb" else 2)

    with pytest.raises(CommandError, match=f"older checkout, and lacks {lacking}"):
        call_command("migrate", verbosity=0)


def test_one_that_is_complete_goes_on() -> None:
    recorder = MigrationRecorder(connection)
    applied_before("scaler", None)

    call_command("migrate", "scaler", verbosity=0)

    assert ("scaler", FIRST_RELEASE) in recorder.applied_migrations()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("model", ["Job", "Video"])
def test_faces_that_are_no_rows_yet_are_not_dropped(model: str) -> None:
    """An older checkout made them rows while it served, and may have been stopped before."""
    make_job()
    make_video()
    executor, first = MigrationExecutor(connection), ("faceweb", FIRST_RELEASE)
    executor.migrate([first])
    rows = executor.loader.project_state(first).apps.get_model("faceweb", model).objects
    faces = [{"identity": "Ann"}]
    is_job = model == "Job"
    field = "old_faces" if is_job else "frames"
    rows.update(**{field: faces if is_job else [{"number": 1, "faces": faces}]})
    try:
        with pytest.raises(CommandError, match="holds faces that are no rows yet"):
            call_command("migrate", verbosity=0)
    finally:
        rows.update(**{field: [] if is_job else [{"number": 1}]})
        call_command("migrate", verbosity=0)


def test_one_that_is_new_has_nothing_to_do() -> None:
    call_command("migrate", verbosity=0)
