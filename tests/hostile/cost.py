"""What a piece of code costs: lines of ours that run, and memory at its peak. No time."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import pytest


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a case was answered, or what it cost, for the table of `python -m tests.hostile`."""

    answer: str = ""
    cost: str = ""


NOTES: list[Note] = []
CLEAR, STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")


@dataclass
class Lines:
    """Counts the lines of one package that are run."""

    package: str
    count: int = 0

    def of(self, work: Callable[[], Any]) -> Any:
        """Run `work`, and give what it gives."""
        before = sys.gettrace()
        sys.settrace(self._called)
        try:
            return work()
        finally:
            sys.settrace(before)
            NOTES.append(Note(cost=f"{self.count:,} lines"))

    def _called(self, frame: FrameType, event: str, argument: Any) -> Any:
        return self._line if self.package in frame.f_code.co_filename else None

    def _line(self, frame: FrameType, event: str, argument: Any) -> Any:
        self.count += event == "line"
        return self._line


def peak_bytes(work: Callable[[], Any]) -> tuple[Any, int]:
    """What `work` gives, and by how much this process' memory rose at its peak meanwhile."""
    try:
        CLEAR.write_text("5")  # makes the peak what is held now (proc(5))
    except OSError:
        pytest.skip("this kernel does not let a process reset its peak of memory")
    before = _kibibytes("VmRSS")
    given = work()
    risen = max(_kibibytes("VmHWM") - before, 0) * 1024
    NOTES.append(Note(answer=str(given), cost=f"{risen / 2**20:.1f} MiB"))
    return given, risen


def _kibibytes(name: str) -> int:
    line = next(one for one in STATUS.read_text().splitlines() if one.startswith(name))
    return int(line.split()[1])
