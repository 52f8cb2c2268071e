"""This machine: Python, packages, clock."""

import re
import sys
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from faces.doctor.finding import Finding, fine, problem
from foundation.local_state.running_system import PROJECT_DIRECTORY

OLDEST, NEWEST = (3, 11), (3, 14)
DISTRIBUTION = "elastic-face-recognition"
PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^;\s]+)")
DAY_SECONDS = 86_400.0


def python(version: tuple[int, int] = sys.version_info[:2]) -> Finding:
    """Whether this Python is one that the system is tested on."""
    text = ".".join(map(str, version))
    if OLDEST <= version <= NEWEST:
        return fine("Python", text)
    return problem("Python", text, "3.11 to 3.14 are needed: make PYTHON=python3.13 run")


def packages(pinned: dict[str, str]) -> Finding:
    """Whether what is installed is what was tested."""
    wrong = list(_wrong(pinned))
    if not wrong:
        return fine("packages", f"all {len(pinned)} are installed as tested")
    shown = ", ".join(wrong[:5]) + (" ..." if len(wrong) > 5 else "")
    return problem("packages", shown, "delete .venv/.installed and run `make setup`")


def pinned_packages() -> dict[str, str]:
    """Name -> version, from the checkout's requirements or from the installed package."""
    file = PROJECT_DIRECTORY / "requirements-run.txt"
    try:
        lines = file.read_text().splitlines() if file.exists() else metadata.requires(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        lines = None
    found = (PINNED.match(line) for line in lines or ())
    return {match[1]: match[2] for match in found if match}


def _wrong(pinned: dict[str, str]) -> Iterator[str]:
    for name, wanted in pinned.items():
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            yield f"{name} is missing"
        else:
            if found != wanted:
                yield f"{name} is {found}, not {wanted}"


def clock(now: float | None = None, newest_file: Path = Path(__file__)) -> Finding:
    """Whether the time can be right: AWS refuses requests that are 5 minutes off."""
    now = time.time() if now is None else now
    shown = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now))
    if now + DAY_SECONDS < newest_file.stat().st_mtime:
        advice = "this program is newer than that: set the clock (timedatectl set-ntp true)"
        return problem("clock", shown, advice)
    return fine("clock", shown)
