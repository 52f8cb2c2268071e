"""`manage.py movedatabase`: SQLite's whole history is in a real PostgreSQL after it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from faceweb.access.callers import issue_key
from faceweb.backup import tables
from faceweb.backup.moving import _default_database
from faceweb.models import ApiKey, Job, Lease, Subject, Webhook
from foundation.config import get_settings
from tests.support.factories import make_job, make_video
from tests.support.postgresql import PostgresqlServer, find_binaries

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.system,
    pytest.mark.skipif(find_binaries() is None, reason="PostgreSQL is not installed"),
]


@pytest.fixture
def postgresql(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    get_settings.cache_clear()
    server = PostgresqlServer()
    try:
        yield server.start()
    finally:
        server.stop()
        get_settings.cache_clear()


@pytest.fixture
def history() -> dict[str, bytes]:
    """Rows of many kinds, as they are written down."""
    User.objects.create_user("ann", password="x").groups.add(Group.objects.create(name="watchers"))
    issue_key(ApiKey(name="program", addresses="192.0.2.0/24"))
    Subject.objects.create(person_id="p1", name="Änn\u2028", name_key="änn", examples=1)
    for number in range(1_100):
        make_job(result=f"no {number}")
    Webhook.objects.create(job=Job.objects.first(), url="https://hook.example/")
    make_video(filename="a film.mp4")
    return rows()


def rows() -> dict[str, bytes]:
    found = {}
    for name, model in tables.tables().items():
        lines = io.BytesIO()
        tables.write_rows(model, lines)
        found[name] = lines.getvalue()
    return found


def test_every_row_moves_and_new_ones_go_on_after_them(
    postgresql: str, history: dict[str, bytes]
) -> None:
    Lease.objects.create(name="of the moment", holder="somebody", until=timezone.now())
    said = io.StringIO()

    call_command("movedatabase", postgresql, stdout=said)

    assert "faceweb.job                          1,100" in said.getvalue()
    assert rows() == history  # the old one is as it was
    with _default_database(postgresql):
        assert connection.vendor == "postgresql"
        assert rows() == history
        assert not Lease.objects.exists()
        User.objects.create_user("bob")
        assert User.objects.count() == 2

    with pytest.raises(CommandError, match=r"not empty: it has .*1100 of faceweb\.job"):
        call_command("movedatabase", postgresql)


def test_a_database_that_is_not_there_is_told_in_a_sentence(history: dict[str, bytes]) -> None:
    with pytest.raises(CommandError, match="other database can't be used"):
        call_command("movedatabase", "postgres://nobody@127.0.0.1:1/nothing")
    with pytest.raises(CommandError, match="no URL of a database"):
        call_command("movedatabase", "gopher://x")

    assert rows() == history
