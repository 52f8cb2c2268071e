"""Pictures at a steady rate, whatever happens, each with its own client."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import httpx

from tests.chaos.client import Client
from tests.chaos.values import Picture, Sent

CLIENTS = 600
"""More than can be waiting at once: the rate must not fall when answers are late."""

ANSWER_SECONDS = 90
"""`POST /` answers after 60 s at the latest, with 504; more means that nobody answers."""


class Traffic:
    """Sends pictures, and remembers what became of each.

    Parameters:
        addresses: of the web processes; clients go to them in turn.
        clock: seconds since the run's start.
    """

    def __init__(self, addresses: Sequence[str], clock: Callable[[], float]) -> None:
        self._addresses = addresses
        self._clock = clock
        self._deadline = float("inf")
        self._clients = ThreadPoolExecutor(CLIENTS, thread_name_prefix="client")
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
        self._http = httpx.Client(timeout=ANSWER_SECONDS, limits=limits)
        self._numbers = itertools.count()
        self._futures: list[Future[Sent]] = []
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, pictures: Iterator[Picture], rate: float) -> None:
        """Send pictures at this rate until stopped."""
        self._thread = threading.Thread(target=self._send_all, args=(pictures, rate), daemon=True)
        self._thread.start()

    def _send_all(self, pictures: Iterator[Picture], rate: float) -> None:
        due = self._clock()
        while not self._stop.wait(max(due - self._clock(), 0)):
            self.send(next(pictures))
            due += 1 / rate

    def send(self, picture: Picture) -> None:
        """Send one picture now."""
        number = next(self._numbers)
        turned = self._addresses[number // 2 % 2 :] + self._addresses[: number // 2 % 2]
        client = Client(self._http, turned, self._clock, lambda: self._deadline)
        self._futures.append(self._clients.submit(client.run, picture, waits=number % 2 == 0))

    def stop(self) -> None:
        """Send no more; those who wait go on waiting."""
        self._stop.set()
        if self._thread:
            self._thread.join()

    def give_up(self) -> None:
        """Have all clients go."""
        self._deadline = 0.0

    def close(self) -> None:
        self.stop()
        self.give_up()
        self._clients.shutdown(wait=False, cancel_futures=True)
        self._http.close()

    @property
    def sent(self) -> int:
        return len(self._futures)

    @property
    def waiting(self) -> int:
        """Clients that have no answer yet."""
        return sum(not future.done() for future in list(self._futures))

    def results(self) -> list[Sent]:
        """What became of each picture; waits for clients that are on their way out."""
        return [future.result(ANSWER_SECONDS + 10) for future in self._futures]

    def ended(self) -> list[Sent]:
        """Those that have ended so far."""
        return [future.result() for future in list(self._futures) if future.done()]
