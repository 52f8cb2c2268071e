"""The model's files, made once a run for all systems that its tests start.

To fetch, export and compile them takes a start ten seconds of processor time. Starts without them
are tested by tests/system/test_bad_surroundings.py.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

from foundation.config import PROJECT_DIRECTORY

FOLDER_VARIABLE = "TEST_PREPARED_WEIGHTS"
"""Names the folder in the environment, so that both processes of `pytest -n 2` share it."""


def put_weights(into: Path, model: str = "") -> None:
    """Copy a model's files, by default of the one that starts choose, to a new state folder."""
    if into.exists() or FOLDER_VARIABLE not in os.environ:
        return
    shutil.copytree(_made(Path(os.environ[FOLDER_VARIABLE]) / (model or "chosen"), model), into)


def _made(folder: Path, model: str) -> Path:
    """Make the files as a first start does. The other process waits meanwhile."""
    folder.parent.mkdir(exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            options = ["--weights", str(folder), *(["--model", model] if model else [])]
            command = [sys.executable, "-m", "recognition.export", *options]
            subprocess.run(command, cwd=PROJECT_DIRECTORY, check=True, capture_output=True)
    return folder
