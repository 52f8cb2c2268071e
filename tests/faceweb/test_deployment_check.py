"""`manage.py check --deploy`: nothing is wrong under production settings, and what is, is told."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from typing import Any

import pytest

from faceweb.checks import database_problems, open_doors
from foundation.config import PROJECT_DIRECTORY
from tests.support.factories import make_settings

PRODUCTION = {
    "SECRET_KEY": secrets.token_urlsafe(60),
    "DATABASE_URL": "postgres://user:password@database/faces",
    "HTTPS": "1",
    "ALLOWED_HOSTS": "faces.example.org",
    "TRUSTED_PROXIES": "10.0.0.0/16",
}


def checked(**changes: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "VAR_DIR") if name in os.environ}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(
        command, cwd=PROJECT_DIRECTORY, env={**kept, **PRODUCTION, **changes},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@pytest.mark.system
def test_production_settings_are_clean() -> None:
    ended = checked()

    assert (ended.returncode, ended.stderr) == (0, "")
    assert "no issues" in ended.stdout


@pytest.mark.system
def test_plain_http_is_told() -> None:
    ended = checked(HTTPS="0")

    assert ended.returncode == 1
    assert "faceweb.W006" in ended.stderr


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"host": "192.0.2.7"}, {"faceweb.W006"}),
        ({"require_api_key": False}, set()),
        ({"host": "192.0.2.7", "require_api_key": False}, {"faceweb.W003", "faceweb.W006"}),
        ({"host": "192.0.2.7", "open_contract": True}, {"faceweb.W004", "faceweb.W006"}),
        ({"https": True}, {"faceweb.W005"}),
        ({"https": True, "trusted_proxies": "10.0.0.0/16"}, set()),
    ],
)
def test_doors_that_are_open_to_others_are_told(settings: dict[str, Any], told: set[str]) -> None:
    assert {one.id for one in open_doors(make_settings(**settings))} == told


@pytest.mark.parametrize(
    ("database_url", "sqlite", "told"),
    [
        (None, (3, 34, 1), ["faceweb.E002"]),
        (None, (3, 35, 0), []),
        ("postgres://user:password@database/faces", (3, 34, 1), []),
    ],
)
def test_an_sqlite_that_is_too_old_is_told(
    database_url: str | None, sqlite: tuple[int, ...], told: list[str]
) -> None:
    problems = database_problems(make_settings(database_url=database_url), sqlite)

    assert [problem.id for problem in problems] == told
