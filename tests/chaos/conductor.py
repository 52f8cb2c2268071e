"""Injects the planned faults, each in its time, and undoes them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

from tests.chaos.fault import Fault
from tests.chaos.values import Injection, Planned

Report = Callable[[str], None]


class Conductor:
    """Runs a timetable. Each fault has its own thread, because faults overlap."""

    def __init__(
        self, faults: Mapping[str, Fault], clock: Callable[[], float], report: Report
    ) -> None:
        self._faults = faults
        self._clock = clock
        self._report = report
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._active: list[str] = []
        self._threads: list[threading.Thread] = []
        self.injections: list[Injection] = []
        self.problems: list[str] = []

    def start(self, planned: Sequence[Planned]) -> None:
        origin = self._clock()
        for one in planned:
            thread = threading.Thread(target=self._run, args=(one, origin), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _run(self, planned: Planned, origin: float) -> None:
        if self._stop.wait(max(origin + planned.at - self._clock(), 0)):
            return
        fault = self._faults[planned.fault]
        with self._lock:
            self._active.append(fault.name)
        self._report(fault.name)
        began = self._clock()
        hits = 0
        try:
            fault.inject()
            self._stop.wait(fault.hold_seconds)
        except Exception as error:  # noqa: BLE001 - told at the end
            self.problems.append(f"{fault.name}: {type(error).__name__}: {error}")
        finally:
            hits = self._undo(fault)
        with self._lock:
            self._active.remove(fault.name)
            self.injections.append(
                Injection(fault=fault.name, began=began, ended=self._clock(), hits=hits)
            )

    def _undo(self, fault: Fault) -> int:
        try:
            return fault.undo()
        except Exception as error:  # noqa: BLE001 - told at the end
            self.problems.append(f"{fault.name}, undone: {type(error).__name__}: {error}")
            return 0

    @property
    def active(self) -> list[str]:
        """What is wrong just now."""
        with self._lock:
            return list(self._active)

    def finish(self) -> None:
        """Wait for the end of the timetable."""
        for thread in self._threads:
            thread.join()

    def stop(self) -> None:
        """Undo everything now, and inject nothing more."""
        self._stop.set()
        self.finish()
