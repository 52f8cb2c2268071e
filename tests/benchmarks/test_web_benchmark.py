"""`benchmark web` with few pictures: each is answered through a web tier and a stub."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest


@pytest.mark.system
def test_every_picture_is_answered_through_the_stub() -> None:
    command = [sys.executable, "-m", "benchmarks.web", "--rounds", "1", "--json"]
    ended = subprocess.run(
        [*command, "--pictures", "12", "--clients", "4"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert ended.returncode == 0, ended.stderr[-3000:]
    [[turn]] = json.loads(ended.stdout.splitlines()[-1]).values()
    assert (turn["pictures"], turn["failed"]) == (12, 0)
    assert turn["cpu_milliseconds"] > 0
