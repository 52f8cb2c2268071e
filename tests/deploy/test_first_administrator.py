"""The web unit makes the first administrator of a setting in SSM, once."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from foundation.config import PROJECT_DIRECTORY
from tests.deploy.unit_limits import UNITS
from tests.system.running import clean_environment

pytestmark = pytest.mark.system

NAMED = {"DJANGO_SUPERUSER_USERNAME": "admin", "DJANGO_SUPERUSER_EMAIL": "admin@localhost"}


def script() -> str:
    """What the unit has its shell do, with this Python and as systemd unquotes it."""
    text = (UNITS / "faceweb-web.service").read_text()
    found = re.search(r"^ExecStartPre=-/bin/sh -c '(test -z .*?)'$", text, re.MULTILINE | re.DOTALL)
    assert found
    unquoted = found[1].replace("\\\n", " ").replace("$$", "$")
    return unquoted.replace("/opt/faceweb/venv/bin/python", sys.executable)


def run(*command: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **clean_environment(folder), **NAMED, **more}
    return subprocess.run(
        command, cwd=PROJECT_DIRECTORY, env=environment, capture_output=True, text=True
    )


def administrators(folder: Path) -> list[str]:
    (database,) = folder.glob("*.sqlite3")
    with sqlite3.connect(database) as connection:
        found = connection.execute("SELECT username, password FROM auth_user WHERE is_superuser")
        return [
            name if password.startswith(("pbkdf2", "argon2")) else "" for name, password in found
        ]


def test_an_administrator_is_made_once_and_only_where_a_password_is_set(tmp_path: Path) -> None:
    run(sys.executable, "manage.py", "migrate", "--noinput", folder=tmp_path).check_returncode()

    assert run("sh", "-c", script(), folder=tmp_path).returncode == 0
    assert administrators(tmp_path) == []

    secret = {"DJANGO_SUPERUSER_PASSWORD": "a long enough one"}
    made = run("sh", "-c", script(), folder=tmp_path, **secret)
    assert made.returncode == 0, made.stderr
    again = run("sh", "-c", script(), folder=tmp_path, **secret)

    assert "already taken" in again.stderr
    assert administrators(tmp_path) == ["admin"]
