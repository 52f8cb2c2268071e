"""What a running system holds at a moment: memory, files, connections, queues, rows, disk."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks.soak.running_system import SoakedSystem
from benchmarks.watch import Watch
from foundation.aws.queue_depth import queue_depth
from localcloud.emulator.emulator_process import KEPT_FOLDER

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


class Sampler(Watch):
    """Keeps a sample of a system for each look."""

    def __init__(
        self, system: SoakedSystem, every_seconds: float, answered: Callable[[], int]
    ) -> None:
        super().__init__(every_seconds)
        self._system = system
        self._answered = answered
        self._began = time.monotonic()
        self.samples: list[Sample] = []

    def look(self) -> None:
        self.samples.append(self._sample())

    def _sample(self) -> Sample:
        processes = self._system.processes()

        def total(of: Callable[[psutil.Process], float]) -> dict[str, Any]:
            return {
                role: sum(_or_zero(of, one) for one in ones) for role, ones in processes.items()
            }

        # One right after the other: their difference is reported.
        rows, answered = _rows(self._system.var_dir / "faceweb.sqlite3"), self._answered()
        return Sample(
            seconds=time.monotonic() - self._began,
            resident_mib=total(lambda one: one.memory_info().rss / 2**20),
            open_files=total(lambda one: one.num_fds()),
            connections=total(lambda one: len(one.net_connections("tcp"))),
            threads=total(lambda one: one.num_threads()),
            queued=self._queued(),
            rows=rows,
            disk_mib=disk_mib(self._system.var_dir),
            answered=answered,
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


def disk_mib(folder: Path) -> float:
    """The folder's size, without the emulator's S3: what is put there is meant to stay. It is not
    even walked through: with 100,000 objects that took seconds of each look, and of the machine."""
    size = 0
    for parent, folders, files in os.walk(folder):
        if Path(parent) == folder and KEPT_FOLDER in folders:
            folders.remove(KEPT_FOLDER)
        for name in files:
            try:
                size += Path(parent, name).stat().st_size
            except OSError:
                continue
    return size / 2**20
