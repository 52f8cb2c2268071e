"""A steady load: how many pictures a second a system can take, then a share of that for long."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from benchmarks.system.clients import Exchange, post
from benchmarks.system.pictures import PictureSource

DIFFERENT_PICTURES = 200
"""Made before; each is sent again and again under new names, and worked on again each time."""

MOST_WAITING = 20
"""As many clients measure what the system can take, and no more ever wait for it. A shared machine
that is too slow for the load for some minutes would otherwise show its backlog: each client takes
memory, and a heap keeps its highest mark."""


@dataclass(slots=True)
class Traffic:
    """What was sent and answered so far. Read by the sampler's thread while it grows."""

    sent: int = 0
    answered: int = 0
    failed: int = 0
    left_out: int = 0
    seconds: list[tuple[float, float]] = field(default_factory=list)
    """When each answer came, and how long it took."""
    failures: list[str] = field(default_factory=list)

    def note(self, exchange: Exchange, now: float) -> None:
        if exchange.answer is not None:
            self.answered += 1
            self.seconds.append((now, exchange.seconds))
        else:
            self.failed += 1
            self.failures.append(f"{exchange.status}: {exchange.text.strip()[:200]}")


class SteadyLoad:
    """Clients of one system."""

    def __init__(self, port: int, source: PictureSource) -> None:
        pictures = list(source.take(DIFFERENT_PICTURES).values())
        named = (f"soak_{number:07}.jpg" for number in itertools.count())
        self._pictures: Iterator[tuple[str, bytes]] = zip(
            named, itertools.cycle(pictures), strict=False
        )
        self._port = port
        self.traffic = Traffic()

    async def capacity(self, seconds: float) -> float:
        """Pictures per second that come back when there is always something to do."""
        began, before = time.monotonic(), self.traffic.answered

        async def client() -> None:
            while time.monotonic() < began + seconds:
                await self._send()

        async with asyncio.TaskGroup() as clients:
            for _ in range(MOST_WAITING):
                clients.create_task(client())
        return (self.traffic.answered - before) / (time.monotonic() - began)

    async def keep_up(self, per_second: float, seconds: float) -> None:
        """Send at a steady rate, and wait for the last answer. Pictures that are due while
        MOST_WAITING clients wait are skipped."""
        began = time.monotonic()
        async with asyncio.TaskGroup() as clients:
            for number in range(int(per_second * seconds)):
                await asyncio.sleep(max(began + number / per_second - time.monotonic(), 0))
                traffic = self.traffic
                if traffic.sent - traffic.answered - traffic.failed >= MOST_WAITING:
                    traffic.left_out += 1
                else:
                    clients.create_task(self._send())

    async def _send(self) -> None:
        self.traffic.sent += 1
        exchange = await post(self._port, *next(self._pictures))
        self.traffic.note(exchange, time.monotonic())
