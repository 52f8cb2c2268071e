"""A folder of the state that can't be used is a sentence."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from foundation.config import PROJECT_DIRECTORY
from foundation.local_state import state_problems
from foundation.local_state.state_problems import full_disk, state_problem
from tests.system.running import clean_environment


def test_a_folder_that_refuses_is_named() -> None:
    refused = PermissionError(errno.EACCES, "Permission denied", "/state/log/web.log")

    said = state_problem(refused, Path("/state"))

    assert said == (
        "/state can't be written to (Permission denied): set VAR_DIR to another folder."
    )


def test_what_has_another_cause_is_left_alone(tmp_path: Path) -> None:
    elsewhere = FileNotFoundError(errno.ENOENT, "No such file or directory", "/other/file")

    assert state_problem(elsewhere, tmp_path) is None
    assert state_problem(ValueError("x"), tmp_path) is None


def test_a_full_disk_is_told_from_any_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state_problems, "LEAST_FREE_BYTES", 1 << 62)

    assert full_disk(tmp_path / "not-there-yet" / "var") is not None
    assert str(state_problem(ValueError("database or disk is full"), tmp_path)).startswith(
        "The disk is full"
    )


@pytest.mark.system
@pytest.mark.skipif(not Path("/proc/1").exists(), reason="there is no /proc, where none may write")
def test_a_command_that_can_write_nothing_says_so_in_a_line() -> None:
    ended = subprocess.run(
        [sys.executable, "manage.py", "runlocal"], cwd=PROJECT_DIRECTORY, text=True,
        env=clean_environment(Path("/proc/1/var"), PORT=0), capture_output=True, timeout=60,
        check=False,
    )  # fmt: skip

    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith("/proc/1/var can't be written to")
