"""`manage.py check --deploy`: nothing is wrong under production settings, and what is, is told."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings as django_settings

from faceweb.checks import database_problems, open_doors
from faceweb.middleware.middleware_checks import check_security_of_subclasses, django_names
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


def test_production_settings_are_clean() -> None:
    ended = checked()

    assert (ended.returncode, ended.stderr) == (0, "")
    assert "no issues" in ended.stdout


def test_plain_http_is_told() -> None:
    ended = checked(HTTPS="0")

    assert ended.returncode == 1
    for name in ("faceweb.security.W004", "faceweb.security.W008", "faceweb.security.W016"):
        assert name in ended.stderr


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"host": "192.0.2.7"}, set()),
        ({"require_api_key": False}, set()),
        ({"host": "192.0.2.7", "require_api_key": False}, {"faceweb.W003"}),
        ({"host": "192.0.2.7", "open_contract": True}, {"faceweb.W004"}),
        ({"https": True}, {"faceweb.W005"}),
        ({"https": True, "trusted_proxies": "10.0.0.0/16"}, set()),
    ],
)
def test_doors_that_are_open_to_others_are_told(settings: dict[str, Any], told: set[str]) -> None:
    assert {one.id for one in open_doors(make_settings(**settings))} == told


def test_subclasses_are_known_by_what_they_are_made_from() -> None:
    names = django_names(django_settings.MIDDLEWARE)

    for name in ("security.SecurityMiddleware", "csrf.CsrfViewMiddleware"):
        assert f"django.middleware.{name}" in names
    assert "faceweb.middleware.headers_and_times.measure_requests" in names


@pytest.mark.parametrize(
    ("left_out", "told"), [("in_loop.Security", "W001"), ("in_loop.Csrf", "W003")]
)
def test_a_guard_that_is_left_out_is_told(settings: Any, left_out: str, told: str) -> None:
    settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if not m.endswith(left_out)]

    assert f"faceweb.security.{told}" in [m.id for m in check_security_of_subclasses(None)]


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
