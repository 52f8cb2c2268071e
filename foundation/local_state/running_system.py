"""The system that `make run` started on this machine, as it recorded itself.

Quick to import: the command line asks this before anything else.
"""

import os
from collections.abc import Mapping, MutableMapping
from pathlib import Path

import psutil
from dotenv import dotenv_values

PROJECT_DIRECTORY = Path(__file__).resolve().parents[2]
RUNNING_SYSTEM_FILE = "runlocal.env"
RUNNING_SYSTEM_PID = "RUNLOCAL_PID"
RUNNING_SYSTEM_STARTED = "RUNLOCAL_STARTED"


def _default_var_dir() -> Path:
    """`var` of a checkout; where the product is installed, the user's folder for state."""
    if (PROJECT_DIRECTORY / "manage.py").exists():
        return PROJECT_DIRECTORY / "var"
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")  # noqa: PTH111 - it never raises
    return Path(state) / "elastic-face-recognition"


DEFAULT_VAR_DIR = _default_var_dir()


def var_dir_of(environment: Mapping[str, str]) -> Path:
    """Where an environment keeps the state."""
    return Path(environment.get("VAR_DIR") or DEFAULT_VAR_DIR)


def recorded_system(var_dir: Path) -> dict[str, str]:
    """The environment of the system that runs with this state; empty where none runs."""
    recorded = {
        name: value
        for name, value in dotenv_values(var_dir / RUNNING_SYSTEM_FILE).items()
        if value is not None
    }
    return recorded if _is_running(recorded) else {}


def adopt_running_system(environment: MutableMapping[str, str]) -> bool:
    """Fill `environment` with what a running `runlocal` recorded, so that a command finds it.

    Values that are already set win; the record of a system that is gone is ignored.
    """
    recorded = recorded_system(var_dir_of(environment))
    for name, value in recorded.items():
        environment.setdefault(name, value)
    return bool(recorded)


def _is_running(recorded: Mapping[str, str]) -> bool:
    """Whether the recorded process lives; its start time tells it from a later one of that id."""
    try:
        process = psutil.Process(int(recorded[RUNNING_SYSTEM_PID]))
        return abs(process.create_time() - float(recorded[RUNNING_SYSTEM_STARTED])) < 1.0
    except (KeyError, ValueError, psutil.Error):
        return False
