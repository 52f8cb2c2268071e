"""`make run` needs no compiler: there are wheels of all that it needs, for each Python and
platform that it should run on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from foundation.config import PROJECT_DIRECTORY

pytestmark = pytest.mark.system

UV = Path(sys.executable).with_name("uv")
"""Resolves in seconds what takes pip minutes: it reads names and metadata, not whole wheels."""

FROM_SOURCE = "awslambdaric"
"""Has wheels for Linux on x86_64 alone; elsewhere pip builds it. Only the functions need it."""


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
@pytest.mark.parametrize(
    "platform",
    ["x86_64-manylinux_2_28", "aarch64-manylinux_2_28", "aarch64-apple-darwin"],
)
def test_all_that_runs_has_wheels(python: str, platform: str, tmp_path: Path) -> None:
    wanted = (PROJECT_DIRECTORY / "requirements-run.txt").read_text().splitlines()
    lines = [line for line in wanted if not line.startswith(FROM_SOURCE)]
    (tmp_path / "run.txt").write_text("\n".join(lines))
    shutil.copy(PROJECT_DIRECTORY / "constraints.txt", tmp_path)

    problem = resolve(tmp_path, python, platform)

    if "error sending request" in problem:
        pytest.skip("the package index can't be reached from here")
    assert problem == ""


def resolve(folder: Path, python: str, platform: str) -> str:
    """What uv says against installing for another machine; nothing is installed."""
    command = [
        str(UV), "--system-certs", "pip", "install", "--dry-run", "--only-binary", ":all:",
        "--target", str(folder / "target"), "--python-version", python,
        "--python-platform", platform, "-r", "run.txt", "-c", "constraints.txt",
    ]  # fmt: skip
    macos = {"MACOSX_DEPLOYMENT_TARGET": "14.0"}  # dlib's wheels are for this one
    ended = subprocess.run(
        command, cwd=folder, env=os.environ | macos, capture_output=True, text=True, check=False
    )
    return "" if ended.returncode == 0 else ended.stderr
