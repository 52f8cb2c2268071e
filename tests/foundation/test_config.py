"""Configuration: read once, checked, found by commands beside a running system."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from foundation.config import ConfigurationError, Settings, load_settings
from foundation.local_state.running_system import (
    RUNNING_SYSTEM_FILE,
    RUNNING_SYSTEM_PID,
    RUNNING_SYSTEM_STARTED,
    adopt_running_system,
)
from tests.support.factories import make_settings


def test_names_follow_the_prefix() -> None:
    settings = make_settings(faceweb_id="abc")

    assert settings.request_queue == "abc-req-queue"
    assert settings.response_queue == "abc-resp-queue"
    assert settings.dead_letter_queue == "abc-dead-letter-queue"
    assert settings.in_bucket == "abc-in-bucket"
    assert settings.out_bucket == "abc-out-bucket"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("MAX_UPLOAD_MB", "-1"),
        ("FACEWEB_ID", "Has Capitals"),
        ("RECOGNITION_MODEL", "magic"),
        ("MAX_RECEIVE_COUNT", "1"),
        ("PRESET", "exam"),
    ],
)
def test_a_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(ConfigurationError, match=f"{name}='{value}'"):
        load_settings()


def test_a_preset_changes_defaults_and_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESET", "course")
    monkeypatch.setenv("SCALER_MAX", "15")

    settings = load_settings()

    assert (settings.burst, settings.max_message_bytes) == ("off", 1024)
    assert settings.scaler_max == 15


def test_all_wrong_values_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "eighty")
    monkeypatch.setenv("WEB_PROCESSES", "0")

    with pytest.raises(ConfigurationError) as error:
        load_settings()

    assert len(str(error.value).splitlines()) == 2


def test_a_time_limit_over_the_visibility_timeout_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TASK_TIME_LIMIT_SECONDS", "60")

    with pytest.raises(ConfigurationError, match="must be under VISIBILITY_TIMEOUT_SECONDS"):
        load_settings()


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "")

    assert load_settings().port == 8000


def test_a_child_process_reads_the_same_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = make_settings(port=9000, debug=True, faceweb_id="abc", weights_dir=Path("/w"))
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)

    assert Settings() == settings


def recorded(folder: Path, pid: int, started: float) -> dict[str, str]:
    lines = {RUNNING_SYSTEM_PID: pid, RUNNING_SYSTEM_STARTED: started, "PORT": 9123}
    text = "".join(f"{name}={value}\n" for name, value in lines.items())
    (folder / RUNNING_SYSTEM_FILE).write_text(text)
    return {"VAR_DIR": str(folder)}


def test_a_command_finds_the_running_system(tmp_path: Path) -> None:
    environment = recorded(tmp_path, os.getpid(), psutil.Process().create_time())

    assert adopt_running_system(environment)

    assert environment["PORT"] == "9123"


def test_what_is_set_by_hand_wins(tmp_path: Path) -> None:
    environment = recorded(tmp_path, os.getpid(), psutil.Process().create_time())
    environment["PORT"] = "7000"

    adopt_running_system(environment)

    assert environment["PORT"] == "7000"


OURS, NOBODYS = os.getpid(), 2**22 + 1


@pytest.mark.parametrize(
    ("pid", "started"), [(OURS, 12345.0), (NOBODYS, 12345.0)], ids=["another start", "no process"]
)
def test_the_record_of_a_system_that_is_gone_is_ignored(
    tmp_path: Path, pid: int, started: float
) -> None:
    environment = recorded(tmp_path, pid, started)

    assert not adopt_running_system(environment)
    assert "PORT" not in environment


def test_without_a_record_nothing_happens(tmp_path: Path) -> None:
    assert not adopt_running_system({"VAR_DIR": str(tmp_path)})
