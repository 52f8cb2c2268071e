"""`make run` needs no compiler: there are wheels of all that it needs, for each Python and
platform that it should run on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from foundation.config import PROJECT_DIRECTORY

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

PLATFORMS = {
    "x86_64": ["manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux2014_x86_64"],
    "aarch64": [f"manylinux{of}_aarch64" for of in ("_2_28", "_2_27", "_2_24", "2014")],
    "macOS arm64": [f"macosx_{version}_0_arm64" for version in (14, 13, 12, 11)],
}

FROM_SOURCE = "awslambdaric"
"""Has wheels for Linux on x86_64 alone; elsewhere pip builds it. Only the functions need it."""


@pytest.mark.parametrize(
    ("python", "platform"),
    [("3.14", "x86_64"), ("3.14", "aarch64"), ("3.14", "macOS arm64"), ("3.12", "aarch64")],
)
def test_all_that_runs_has_wheels(python: str, platform: str, tmp_path: Path) -> None:
    wanted = (PROJECT_DIRECTORY / "requirements-run.txt").read_text().splitlines()
    lines = [line for line in wanted if not line.startswith(FROM_SOURCE)]
    (tmp_path / "run.txt").write_text("\n".join(lines))
    (tmp_path / "constraints.txt").write_bytes((PROJECT_DIRECTORY / "constraints.txt").read_bytes())

    problem = resolve(tmp_path / "run.txt", python, PLATFORMS[platform], tmp_path / "target")

    if "Failed to establish a new connection" in problem or "NewConnectionError" in problem:
        pytest.skip("the package index can't be reached from here")
    assert problem == ""


def resolve(requirements: Path, python: str, platforms: list[str], folder: Path) -> str:
    """What pip says against installing for another machine; nothing is installed."""
    command = [
        sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed",
        "--only-binary", ":all:", "--target", str(folder), "--python-version", python,
        "--implementation", "cp", "--disable-pip-version-check", "-q", "-r", str(requirements),
        "-c", str(requirements.with_name("constraints.txt")),
    ]  # fmt: skip
    for platform in platforms:
        command += ["--platform", platform]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if ended.returncode == 0 else ended.stderr
