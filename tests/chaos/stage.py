"""The system under test: what `runlocal` starts, but with a proxy before the emulator that can
fail, a PostgreSQL server that can crash, a small `var/` that can be full, and two web processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from foundation.config import PROJECT_DIRECTORY, Settings
from localcloud.emulator.emulator_process import answers, wait_until
from localcloud.system.ports import free_port
from localcloud.system.processes import MARK, Child
from localcloud.system.supervisor import Supervisor
from tests.support.postgresql import PostgresqlServer
from tests.system.fault_proxy import FaultProxy

WEB_PROCESSES = 2
START_SECONDS = 90.0
STOP_SECONDS = 8.0
CHECK_SECONDS = 0.2
VAR_MEGABYTES = 256

Report = Callable[[str], None]


class Stage:
    """Processes, proxy and database of one run.

    Parameters:
        settings: lead to the emulator itself; the system's processes are led to the proxy.
        postgresql: the database server, or None where the database is SQLite.
        is_small: whether `var/` is a separate file system, which can be filled.
    """

    def __init__(
        self,
        settings: Settings,
        proxy: FaultProxy,
        environment: dict[str, str],
        postgresql: PostgresqlServer | None,
        report: Report,
        is_small: bool,
    ) -> None:
        self.settings = settings
        self.proxy = proxy
        self.postgresql = postgresql
        self.var_dir = settings.var_dir
        self.is_small = is_small
        self._environment = environment
        self._supervisor = Supervisor(report)
        self._stop = threading.Event()
        self._watch = threading.Thread(target=self._keep_running, daemon=True)
        self.failure = ""
        self.web: list[Child] = []
        self.scaler: Child
        self.instance_host: Child
        self.urls: list[str] = []

    def start(self) -> None:
        """Start web tier, both hosts and scaler, and see them started again when they end."""
        for number in range(WEB_PROCESSES):
            self._start_web(number)
        host = ["-m", "tests.chaos.poisoned_host", "--boot-seconds", "1"]
        self.instance_host = self._start("instance-host", host)
        self._start("lambda-host", ["-m", "localcloud.lambda_host"])
        self.scaler = self._start("scaler", [str(PROJECT_DIRECTORY / "manage.py"), "runscaler"])
        self._watch.start()
        for child, url in zip(self.web, self.urls, strict=True):
            wait_until(child, lambda url=url: answers(f"{url}healthz"), START_SECONDS)

    def _start_web(self, number: int) -> None:
        port = free_port()
        command = ["-m", "faceweb.server", "--graceful-seconds", "3"]
        self.web.append(self._start(f"web-{number + 1}", command, PORT=str(port)))
        self.urls.append(f"http://127.0.0.1:{port}/")

    def _start(self, name: str, command: list[str], **more: str) -> Child:
        log_file = self.var_dir / "log" / f"{name}.log"
        child = Child(name, [sys.executable, *command], {**self._environment, **more}, log_file)
        return self._supervisor.start(child)

    def _keep_running(self) -> None:
        while not self._stop.wait(CHECK_SECONDS):
            try:
                self._supervisor.check()
            except OSError:
                continue  # a full disk takes no log file; the next look tries again
            except Exception as error:  # noqa: BLE001 - told at the end, as a finding
                self.failure = f"{type(error).__name__}: {error}"
                return

    def workers(self) -> list[psutil.Process]:
        """The parents of all Celery workers."""
        return [p for p in self.processes("celery") if _leads_its_group(p)]

    def functions(self) -> list[psutil.Process]:
        """The processes of functions: they lead their sessions, too."""
        return self.processes("awslambdaric")

    def processes(self, word: str = "") -> list[psutil.Process]:
        """Living processes of this run with a word in their command line."""
        return [p for p in psutil.process_iter() if self._is_ours(p) and word in _command(p)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return (
                process.environ().get(MARK) == str(self.var_dir)
                and process.status() != psutil.STATUS_ZOMBIE
            )
        except psutil.Error:
            return False

    def stop(self) -> list[str]:
        """Stop the system's processes. Returns what is left of them all the same, and ends it."""
        self._stop.set()
        if self._watch.ident:
            self._watch.join()
        for process in self.processes():
            process.resume()
        self._supervisor.stop(STOP_SECONDS)
        left = [p for p in self.processes() if "localcloud.emulator" not in _command(p)]
        said = [f"process {p.pid}: {_command(p)}" for p in left]
        for process in left:
            process.kill()
        return said


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _leads_its_group(process: psutil.Process) -> bool:
    try:
        return os.getpgid(process.pid) == process.pid
    except ProcessLookupError:
        return False


@contextmanager
def small_disk(folder: Path, report: Report) -> Iterator[bool]:
    """Mount a small file system at the folder. Gives False where that is not allowed."""
    folder.mkdir(parents=True)
    size = f"size={VAR_MEGABYTES}m"
    mount = ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)]
    is_mounted = shutil.which("mount") is not None and not _fails(mount)
    if not is_mounted:
        report("No file system can be mounted here: `disk full` is left out")
    try:
        yield is_mounted
    finally:
        if is_mounted and _fails(["umount", str(folder)]):
            _fails(["umount", "--lazy", str(folder)])


def _fails(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode != 0
