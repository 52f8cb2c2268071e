"""Child processes of `runlocal`: started apart from the terminal, ended for sure.

A child carries a mark in its environment, by which the next start finds what a killed one left.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import psutil

MARK = "RUNLOCAL_STATE"
PR_SET_PDEATHSIG = 1


class Child:
    """One process, with its output in a log file."""

    def __init__(
        self, name: str, command: list[str], environment: Mapping[str, str], log_file: Path
    ) -> None:
        self.name = name
        self.log_file = log_file
        self._command = command
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None
        self.starts = 0

    def start(self) -> None:
        """Start the process in a separate session, so that Ctrl-C reaches only `runlocal`."""
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own commands only
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
            )
        self.starts += 1

    @property
    def pid(self) -> int:
        """The process's id; 0 before it was started."""
        return self._process.pid if self._process else 0

    def has_ended(self) -> bool:
        """Whether it was started and has ended since."""
        return self._process is not None and self._process.poll() is not None

    def poll(self) -> int | None:
        """The exit status, once it has ended."""
        return self._process.poll() if self._process else None

    def terminate(self) -> None:
        """Ask the process to finish."""
        if self._process and not self.has_ended():
            self._process.terminate()

    def wait(self, deadline: float) -> None:
        """Wait for the end until a monotonic time, then kill the whole session."""
        if self._process is None:
            return
        try:
            self._process.wait(max(deadline - time.monotonic(), 0.05))
        except subprocess.TimeoutExpired:
            pass
        finally:
            kill_session(self._process.pid)
            self._process.wait()

    def last_lines(self, count: int = 5) -> str:
        """The end of the log, to show why a process ended."""
        if not self.log_file.exists():
            return ""
        return "\n".join(self.log_file.read_text(errors="replace").splitlines()[-count:])


def _die_with_parent() -> None:
    """In the child: have the kernel end it when `runlocal` is gone, however that was."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def kill_session(leader: int) -> None:
    """Kill what is left of a child's session, such as a worker's pool."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


def stop_all(children: Iterable[Child], seconds: float) -> None:
    """SIGTERM to all at once, SIGKILL to those that are left after `seconds`."""
    children = list(children)
    for child in children:
        child.terminate()
    deadline = time.monotonic() + seconds
    for child in children:
        child.wait(deadline)


def end_leftovers(mark: str) -> int:
    """Kill the processes that a `runlocal` of this state has left. Returns how many."""
    left = [process for process in psutil.process_iter() if _is_marked(process, mark)]
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(left, timeout=5)
    return len(left)


def _is_marked(process: psutil.Process, mark: str) -> bool:
    try:
        return process.pid != os.getpid() and process.environ().get(MARK) == mark
    except psutil.Error:
        return False
