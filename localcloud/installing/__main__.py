"""`python -m localcloud.installing FOLDER FILE`: makes a virtual environment and installs a file of
requirements into it. A line a step; pip's own lines are in a log. Ctrl-C may come at any moment."""

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from localcloud.installing.problems import in_words, too_little_room

LOG = Path(os.environ.get("VAR_DIR") or "var") / "log" / "install.log"
BEGUN = ".installing"
"""In the environment while pip writes: what it left half done is not used, but made again."""

PIP = (
    "-m", "pip", "install", "--no-compile", "--no-input", "--progress-bar", "off",
    "--disable-pip-version-check", "-c", "constraints.txt", "-r",
)  # fmt: skip


def main(folder: Path, requirements: str) -> int:
    """Install the requirements into the folder; returns the exit status."""
    try:
        LOG.parent.mkdir(parents=True, exist_ok=True)
        with LOG.open("w") as log:
            return _install(folder, requirements, log.fileno())
    except KeyboardInterrupt:
        print("Stopped. The next `make` goes on.", file=sys.stderr)
        return 130
    except OSError as error:
        print(f"Installing failed: {error.strerror}: {error.filename or folder}", file=sys.stderr)
        return 1


def _install(folder: Path, requirements: str, log: int) -> int:
    python = folder / "bin" / "python"
    begun = folder / BEGUN
    if begun.exists() or not _has_pip(python):
        if little := too_little_room(folder):
            print(f"Installing failed: {little}.", file=sys.stderr)
            return 1
        making = [sys.executable, "-m", "venv", "--clear", str(folder)]
        if not _step(f"Making {folder}", making, log):
            return 1
    begun.touch()
    installing = [str(python), *PIP, requirements]
    if not _step(f"Installing {requirements} (once)", installing, log):
        return 1
    place_command(folder.resolve(), Path.cwd())
    begun.unlink()
    return 0


def place_command(folder: Path, project: Path) -> None:
    """Write `faces` into the environment: it runs this checkout, whatever folder one is in."""
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "elastic-face-recognition.pth").write_text(f"{project}\n", encoding="utf-8")
    script = folder / "bin" / "faces"
    python = shlex.quote(str(folder / "bin" / "python"))
    script.write_text(f'#!/bin/sh\nexec {python} -m faces "$@"\n', encoding="utf-8")
    script.chmod(0o755)


def _has_pip(python: Path) -> bool:
    if not python.exists():
        return False
    ended = subprocess.run(
        [str(python), "-m", "pip", "--version"], capture_output=True, check=False
    )
    return ended.returncode == 0


def _step(what: str, command: Sequence[str], log: int) -> bool:
    """Run one command. Says the step and its time, or why it failed in a sentence."""
    watched = sys.stdout.isatty()
    if watched:
        print(f"  {what} ...", end="\r", flush=True)
    began = time.monotonic()
    ended = subprocess.run(command, stdout=log, stderr=log, check=False)
    if ended.returncode:
        print(f"{what} failed: {in_words(LOG.read_text(errors='replace'), LOG)}", file=sys.stderr)
        return False
    print(f"  {what:<46} {time.monotonic() - began:5.1f} s", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
