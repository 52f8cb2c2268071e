"""A whole system: `manage.py runlocal` in a separate folder, as a user starts it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from dotenv import dotenv_values

from foundation.config import Settings
from foundation.local_state.running_system import RUNNING_SYSTEM_FILE
from localcloud.emulator.emulator_process import use_aws, wait_until
from localcloud.system.environment import AWS_VARIABLES, children_environment
from localcloud.system.ports import free_port
from localcloud.system.processes import MARK, Child, stop_all
from localcloud.system.supervisor import ChildGivenUp

START_SECONDS = 300.0
STOP_SECONDS = 15.0
UNSET = (*AWS_VARIABLES, "AWS_ENDPOINT_URL", "DATABASE_URL")

ROLES = {
    "web": "faceweb.server",
    "emulator": "localcloud.emulator",
    "scaler": "runscaler",
    "instance host": "localcloud.instances.instance_host",
    "Lambda host": "localcloud.lambda_host",
    "function": "workers.lambdas.face_burst",
    "runlocal": "runlocal",
}
"""A process's role -> a word of its command line. Celery's are told apart by their parents."""

WORKER = "worker"
POOL = "worker's pool"


@dataclass(frozen=True, slots=True, kw_only=True)
class SoakedSystem:
    """A running system, and where it keeps its state."""

    settings: Settings
    var_dir: Path

    def processes(self) -> dict[str, list[psutil.Process]]:
        """Its living processes by role."""
        found: dict[str, list[psutil.Process]] = {}
        for process in psutil.process_iter():
            role = self._role(process)
            if role:
                found.setdefault(role, []).append(process)
        return found

    def _role(self, process: psutil.Process) -> str | None:
        try:
            if process.environ().get(MARK) != str(self.var_dir):
                return None
            command = " ".join(process.cmdline())
            if "celery" in command:  # a title, too, where setproctitle is installed
                parent = process.parent()
                is_child = parent is not None and "celery" in " ".join(parent.cmdline())
                return POOL if is_child else WORKER
        except psutil.Error:
            return None
        return next((role for role, word in ROLES.items() if word in command), None)


@contextmanager
def soaked_system(
    settings: Settings, folder: Path, instances: int = 1, log_format: str = "text"
) -> Iterator[SoakedSystem]:
    """Start one with so many app instances that are always there, and stop it afterwards. Where
    that is none, pictures bring them, and functions."""
    own = settings.model_copy(
        update={
            "var_dir": folder,
            "port": free_port(),
            "host": "127.0.0.1",
            "aws_endpoint_url": None,
            "database_url": None,
            "weights_dir": settings.weights_directory,
            "scaler_min": instances,
            "scaler_max": instances or settings.scaler_max,
            "log_format": log_format,
        }
    )
    environment = children_environment(own, {})
    system = Child(
        "the system", [sys.executable, "manage.py", "runlocal"],
        {name: value for name, value in environment.items() if name not in UNSET},
        folder.with_suffix(".log"),
    )  # fmt: skip
    system.start()
    try:
        wait_until(system, lambda: "Ready:" in system.log_file.read_text(), START_SECONDS)
        endpoint = _lead_this_process_there(folder)
        yield SoakedSystem(
            settings=own.model_copy(update={"aws_endpoint_url": endpoint}), var_dir=folder
        )
        if system.has_ended():
            raise ChildGivenUp(f"the system ended:\n{system.last_lines()}")
    finally:
        stop_all([system], STOP_SECONDS)


def _lead_this_process_there(folder: Path) -> str:
    """Have boto3 here talk to the system's emulator, too. Returns its address."""
    recorded = dotenv_values(folder / RUNNING_SYSTEM_FILE)
    use_aws({name: value or "" for name, value in recorded.items() if name.startswith("AWS_")})
    return recorded["AWS_ENDPOINT_URL"] or ""
