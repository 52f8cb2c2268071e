"""What a running system holds at a moment: memory, files, connections, queues, rows, disk."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from localcloud.soak.running_system import SoakedSystem
from workers.queue_depth import queue_depth

TABLES = ("faceweb_job", "faceweb_picturename", "faceweb_deadletter")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One look. Mappings are by role of process, by queue, by table."""

    seconds: float
    resident_mib: Mapping[str, float]
    open_files: Mapping[str, int]
    connections: Mapping[str, int]
    threads: Mapping[str, int]
    queued: Mapping[str, int]
    rows: Mapping[str, int]
    disk_mib: float
    answered: int


class Sampler:
    """Looks at a system every so many seconds, from a thread; use it as a context."""

    def __init__(
        self, system: SoakedSystem, every_seconds: float, answered: Callable[[], int]
    ) -> None:
        self._system = system
        self._every_seconds = every_seconds
        self._answered = answered
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._began = time.monotonic()
        self.samples: list[Sample] = []

    def __enter__(self) -> Sampler:
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._every_seconds):
            self.samples.append(self.look())

    def look(self) -> Sample:
        processes = self._system.processes()

        def total(of: Callable[[psutil.Process], float]) -> dict[str, Any]:
            return {
                role: sum(_or_zero(of, one) for one in ones) for role, ones in processes.items()
            }

        return Sample(
            seconds=time.monotonic() - self._began,
            resident_mib=total(lambda one: one.memory_info().rss / 2**20),
            open_files=total(lambda one: one.num_fds()),
            connections=total(lambda one: len(one.net_connections("tcp"))),
            threads=total(lambda one: one.num_threads()),
            queued=self._queued(),
            rows=_rows(self._system.var_dir / "faceweb.sqlite3"),
            disk_mib=_disk_mib(self._system.var_dir),
            answered=self._answered(),
        )

    def _queued(self) -> dict[str, int]:
        """Messages of each queue, those in hand included."""
        settings = self._system.settings
        names = {
            "requests": settings.request_queue,
            "responses": settings.response_queue,
            "dead letters": settings.dead_letter_queue,
        }
        return {label: queue_depth(name, settings).total for label, name in names.items()}


def _or_zero(of: Callable[[psutil.Process], float], process: psutil.Process) -> float:
    try:
        return of(process)
    except psutil.Error:  # it has just ended
        return 0


def _rows(database: Path) -> dict[str, int]:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)
    try:
        return {
            table.removeprefix("faceweb_"): connection.execute(
                f"SELECT COUNT(*) FROM {table}"  # noqa: S608 # nosec B608 - names of our own
            ).fetchone()[0]
            for table in TABLES
        }
    finally:
        connection.close()


def _disk_mib(folder: Path) -> float:
    """The folder's size, without the emulator's S3: what is put there is meant to stay."""
    size = 0
    for path in folder.rglob("*"):
        if "emulator" not in path.relative_to(folder).parts[:1]:
            try:
                size += path.stat().st_size
            except OSError:
                continue
    return size / 2**20
