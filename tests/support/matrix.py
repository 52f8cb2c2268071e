"""Run the quick tests on each Python 3.11 to 3.14 that is installed: `make matrix`.

Each Python has an environment in `.matrix/`, which keeps what it installed. The database tests run
on SQLite. Exit status 1 tells that the tests of one failed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
MINORS = (11, 12, 13, 14)
REQUIREMENTS = (
    "requirements-dev.txt",
    "requirements.txt",
    "requirements-run.txt",
    "constraints.txt",
)


def main() -> int:
    found = {minor: python for minor in MINORS if (python := installed(minor))}
    passed = {minor: tests_pass(minor, python) for minor, python in found.items()}
    for minor in MINORS:
        print(f"Python 3.{minor}: {_outcome(passed.get(minor))}")
    return 0 if passed and all(passed.values()) else 1


def _outcome(passed: bool | None) -> str:
    return {None: "not installed", True: "passed", False: "FAILED"}[passed]


def installed(minor: int) -> str | None:
    """The first interpreter of that version that runs: on the path, or of pyenv."""
    return next((python for python in _candidates(minor) if _is_version(python, minor)), None)


def _candidates(minor: int) -> Iterator[str]:
    if on_path := shutil.which(f"python3.{minor}"):
        yield on_path
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from map(str, sorted(pyenv.glob(f"versions/3.{minor}.*/bin/python3"), reverse=True))


def _is_version(python: str, minor: int) -> bool:
    """A shim of pyenv lies on the path also for a version that is not chosen, and fails."""
    command = [python, "-c", f"import sys, venv; sys.exit(sys.version_info[:2] != (3, {minor}))"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def tests_pass(minor: int, python: str) -> bool:
    """Install what the tests need, if it changed, and run them."""
    environment = PROJECT / ".matrix" / f"3.{minor}"
    print(f"Python 3.{minor}: {python}", flush=True)
    return _install(environment, python) and _run(
        environment, "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", "-m", "not system"
    )


def _install(environment: Path, python: str) -> bool:
    done, wanted = environment / ".installed", _requirements()
    if done.exists() and done.read_text() == wanted:
        return True
    subprocess.run([python, "-m", "venv", str(environment)], check=True)
    if not _run(environment, "pip", "install", "-q", "-r", "requirements-dev.txt"):
        return False
    done.write_text(wanted)
    return True


def _requirements() -> str:
    return "".join((PROJECT / name).read_text() for name in REQUIREMENTS)


def _run(environment: Path, *command: str) -> bool:
    python = environment / "bin" / "python"
    return subprocess.run([python, "-m", *command], cwd=PROJECT, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
