"""`benchmark web` with few pictures: each is answered through a web tier and a stub."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest


@pytest.mark.system
@pytest.mark.parametrize("way", [[], ["--by-s3"]], ids=["by-web", "by-s3"])
def test_every_picture_is_answered_through_the_stub(way: list[str]) -> None:
    command = [sys.executable, "-m", "benchmarks.web", "--rounds", "1", "--json"]
    ended = subprocess.run(
        [*command, *way, "--pictures", "12", "--clients", "4"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert ended.returncode == 0, ended.stderr[-3000:]
    [[turn]] = json.loads(ended.stdout.splitlines()[-1]).values()
    assert (turn["pictures"], turn["failed"]) == (12, 0)
    assert turn["cpu_milliseconds"] > 0


@pytest.mark.system
def test_the_rows_of_a_picture_take_a_database_some_time() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.web.database"],
        env={**os.environ, "DATABASE_URL": ""}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert ended.returncode == 0, ended.stderr[-3000:]
    found = re.fullmatch(r"sqlite: ([\d.]+) ms a picture", ended.stdout.splitlines()[-1])
    assert found and float(found[1]) > 0
