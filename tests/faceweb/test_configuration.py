"""What `showconfig` and `check` say."""

from __future__ import annotations

import io
import shlex

import pytest
from django.core.management import call_command
from pydantic import SecretStr

from faceweb.checks import deployment_problems
from faceweb.configuration import MASK, exported_variables, masked_password, shown_settings
from tests.support.factories import make_settings


def test_every_setting_is_shown_and_secrets_are_masked() -> None:
    settings = make_settings(
        secret_key=SecretStr("hush-hush"), database_url="postgres://me:hush-hush@db:5432/faces"
    )

    shown = {setting.name: setting.value for setting in shown_settings(settings)}

    assert set(shown) == {name.upper() for name in type(settings).model_fields}
    assert shown["SECRET_KEY"] == MASK
    assert shown["DATABASE_URL"] == f"postgres://me:{MASK}@db:5432/faces"
    assert "hush-hush" not in str(shown)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("postgres://a:b@h/d", f"postgres://a:{MASK}@h/d"),
        ("postgres://a@h/d", "postgres://a@h/d"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("", ""),
    ],
)
def test_masking(text: str, masked: str) -> None:
    assert masked_password(text) == masked


def test_what_is_exported_reaches_queues_and_buckets_and_holds_no_secret_of_the_site() -> None:
    exported = exported_variables(make_settings(faceweb_id="abc", secret_key=SecretStr("hush")))

    assert exported["REQUEST_QUEUE"] == "abc-req-queue"
    assert exported["IN_BUCKET"] == "abc-in-bucket"
    assert exported["AWS_ACCESS_KEY_ID"] == "test"
    assert exported["AWS_ENDPOINT_URL"].startswith("http://")
    assert "SECRET_KEY" not in exported


def test_the_export_is_shell_lines() -> None:
    out = io.StringIO()

    call_command("showconfig", "--export", stdout=out)

    for line in out.getvalue().splitlines():
        word, assignment = shlex.split(line)
        assert word == "export"
        assert "=" in assignment


def test_production_settings_have_no_problem() -> None:
    settings = make_settings(
        secret_key=SecretStr("x" * 60), database_url="postgres://db/faces", aws_endpoint_url=None
    )

    assert deployment_problems(settings) == []


def test_local_settings_are_named_as_problems_of_a_deployment() -> None:
    problems = deployment_problems(make_settings(aws_endpoint_url="http://127.0.0.1:5000"))

    assert [problem.id for problem in problems] == ["faceweb.W001", "faceweb.W002", "faceweb.E001"]
