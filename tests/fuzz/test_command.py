"""The command itself: what pytest sets up for its tests must not be needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from foundation.config import PROJECT_DIRECTORY
from tests.fuzz.targets import MAKERS


@pytest.mark.system
def test_every_door_is_tried() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "--minutes", "0.02", "--seed", "1"],
        cwd=PROJECT_DIRECTORY, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip

    assert ended.returncode == 0, ended.stderr[-2000:]
    tried = [line.split(":")[0] for line in ended.stdout.splitlines() if "no crash" in line]
    assert tried == list(MAKERS)
