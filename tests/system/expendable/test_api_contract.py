"""Schemathesis over the OpenAPI document, against a running system: no request breaks it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.running import RunningSystem

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")


def test_no_request_that_the_document_allows_or_forbids_breaks_the_api(
    expendable: RunningSystem, tmp_path: Path
) -> None:
    """Seeded, so that a failure comes again. Its own folder, because it leaves a cache behind."""
    url = expendable.url
    if not shutil.which(SCHEMATHESIS):
        pytest.skip("schemathesis is not installed")
    command = [
        str(SCHEMATHESIS), "run", f"{url}api/v1/openapi.json", "--url", url,
        "--checks", "not_a_server_error", "--max-examples", "15", "--seed", "1",
        "--phases", "examples,coverage,fuzzing", "--request-timeout", "310", "--no-color",
    ]  # fmt: skip

    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=800)

    print(ended.stdout[-2500:])
    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-1000:]
    tested = re.search(r"Tested: (\d+)", ended.stdout)
    assert tested and int(tested[1]) >= 15
