"""What processes take of the machine: their processor time and memory, children included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import psutil

from benchmarks.watch import Watch

SAMPLE_SECONDS = 0.2


def cpu_seconds(pid: int) -> float:
    """The processor time of a process and all it started, those that have ended included."""
    return sum(_own_and_waited_for(process) for process in family(pid))


def _own_and_waited_for(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)


def family(pid: int) -> list[psutil.Process]:
    """A process and its living descendants; empty where it has ended."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """The most that a process held at once while it was watched."""

    resident_mib: float = 0.0
    threads: int = 0
    open_files: int = 0


class PeakWatch(Watch):
    """Keeps the most that a process held, the moment of its start included."""

    def __init__(self, pid: int) -> None:
        super().__init__(SAMPLE_SECONDS)
        self._process = psutil.Process(pid)
        self.peak = Peak()

    def __enter__(self) -> Self:
        self.look()
        return super().__enter__()

    def look(self) -> None:
        """Keep what is more than before."""
        process, peak = self._process, self.peak
        with process.oneshot():
            self.peak = Peak(
                resident_mib=max(process.memory_info().rss / 2**20, peak.resident_mib),
                threads=max(process.num_threads(), peak.threads),
                open_files=max(process.num_fds(), peak.open_files),
            )
