"""`manage.py migrate` on databases of older checkouts."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def test_one_from_before_the_first_release_is_refused_in_a_sentence() -> None:
    recorder = MigrationRecorder(connection)
    recorder.migration_qs.filter(app="faceweb").delete()
    recorder.record_applied("faceweb", "0001_initial")

    with pytest.raises(CommandError, match="before the first release"):
        call_command("migrate", verbosity=0)


def test_one_that_is_new_has_nothing_to_do() -> None:
    call_command("migrate", verbosity=0)
