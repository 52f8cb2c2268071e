"""`benchmark history` in front of a short history: every page answers, and is timed."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest


@pytest.mark.system
def test_every_page_is_opened_and_timed() -> None:
    command = [sys.executable, "-m", "benchmarks.history"]
    ended = subprocess.run(
        [*command, "--jobs", "600", "--people", "80", "--json"],
        env={**os.environ, "HOST": "127.0.0.1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert ended.stdout, ended.stderr[-3000:]
    pages = json.loads(ended.stdout.splitlines()[-1])
    assert {page["title"]: page["status"] for page in pages if page["status"] != 200} == {
        "admin: jobs, far back": 302
    }
    assert len(pages) > 90
    assert all(page["slowest"] >= page["median"] > 0 for page in pages)
