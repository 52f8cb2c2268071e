"""What goes wrong, and when: everything is drawn from the seed, so a run can be repeated.

Each call of a process to AWS or to the database may be slow, fail before it did anything, fail
after it did it, or be the last thing that its process does.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError
from django.db import OperationalError

from tests.protocol.virtual_time import Killed, Process, VirtualTime, current_process, current_task


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """How likely each fault is at one call, until `calm_after_seconds`."""

    failing: float
    crashing: float
    slow: float
    stopped: float
    database: float
    duplicates: float
    calm_after_seconds: float

    @classmethod
    def drawn(cls, chance: random.Random) -> Weather:
        """Some seeds have one kind of fault only, so that faults don't hide each other."""

        def rate(*rates: float) -> float:
            return chance.choice((0.0, *rates))

        return cls(
            failing=rate(0.02, 0.1, 0.3),
            crashing=rate(0.01, 0.04, 0.1),
            slow=rate(0.05, 0.2),
            stopped=rate(0.01, 0.05),
            database=rate(0.01, 0.05),
            duplicates=rate(0.05, 0.3),
            calm_after_seconds=chance.uniform(5.0, 90.0),
        )


CALM = Weather(failing=0, crashing=0, slow=0, stopped=0, database=0, duplicates=0,
               calm_after_seconds=0)  # fmt: skip


class ChildDied(BaseException):
    """The process of a worker's pool died; the worker itself lives."""


class Faults:
    """The door that every call goes through."""

    def __init__(
        self,
        time: VirtualTime,
        chance: random.Random,
        weather: Weather,
        trace: Callable[[str, str], None],
    ) -> None:
        self._time = time
        self._chance = chance
        self._weather = weather
        self._trace = trace
        self.injected: dict[str, int] = {}

    @property
    def weather(self) -> Weather:
        return self._weather if self._time.elapsed < self._weather.calm_after_seconds else CALM

    def happens(self, rate: float) -> bool:
        return rate > 0 and self._chance.random() < rate

    def call(self, operation: str, effect: Callable[[], Any]) -> Any:
        """One call to AWS by the process that runs now: takes time, and may go wrong."""
        process = current_process()
        self._time.pause(self._latency_seconds())
        self._maybe_stopped(process, operation)
        self._maybe_die(process, f"before {operation}")
        failing = self.happens(self.weather.failing)
        if failing and self._chance.random() < 0.5:
            raise self._failed(process, operation, "before")
        result = effect()
        self._maybe_die(process, f"after {operation}")
        if failing:
            raise self._failed(process, operation, "after")
        self._time.pause(0.001)
        return result

    def query(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Django's execute wrapper: one statement of the process that runs now.

        It takes no time, because another process may not run within a transaction of this one:
        SQLite is one writer at a time, as are the rows that `select_for_update` holds.
        """
        process = current_process()
        if process.name != "nobody":
            verb = sql.split(" ", 1)[0]
            self._maybe_die(process, f"before {verb}")
            if self.happens(self.weather.database):
                self._note(process, f"the database fails at {verb}")
                raise OperationalError("the database is away (simulated)")
        return execute(sql, params, many, context)

    def _latency_seconds(self) -> float:
        if self.happens(self.weather.slow):
            return self._chance.uniform(0.5, 8.0)
        return self._chance.uniform(0.001, 0.03)

    def _maybe_stopped(self, process: Process, operation: str) -> None:
        if self.happens(self.weather.stopped):
            seconds = self._chance.uniform(5.0, 80.0)
            self._note(process, f"is stopped for {seconds:.0f} s at {operation}")
            process.stopped_until = self._time.now + seconds
            self._time.pause(0.0)

    def _maybe_die(self, process: Process, where: str) -> None:
        if not self.happens(self.weather.crashing):
            return
        task = current_task()
        if task and task.in_child and self._chance.random() < 0.5:
            self._note(process, f"its child is killed {where}")
            raise ChildDied
        self._note(process, f"is killed {where}")
        raise Killed

    def _failed(self, process: Process, operation: str, when: str) -> Exception:
        self._note(process, f"{operation} fails {when} its effect")
        if self._chance.random() < 0.5:
            return EndpointConnectionError(endpoint_url="https://simulated")
        error = {"Error": {"Code": "ServiceUnavailable", "Message": "simulated"}}
        return ClientError(error, operation)  # type: ignore[arg-type]

    def _note(self, process: Process, what: str) -> None:
        kind = what.split(" ", 1)[0] if not what.startswith("is ") else what.split(" ", 2)[1]
        self.injected[kind] = self.injected.get(kind, 0) + 1
        self._trace(process.name, f"FAULT {what}")
