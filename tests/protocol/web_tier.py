"""A web process in virtual time: the product's view, response path and waiters on a loop of its
own, and clients that come to it."""

from __future__ import annotations

import inspect
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import RequestFactory

from faceweb import views
from faceweb.replies.response_path import ResponsePath
from foundation.config import Settings
from tests.protocol.pictures import Content, picture_of
from tests.protocol.virtual_loop import VirtualLoop
from tests.protocol.virtual_time import Process, SimulatedStop, VirtualTime

LEFT_OUT = ("webhooks", "videos", "people")
"""Loops of a web process that have no part in this protocol."""

ANSWERED, REFUSED, NOT_YET, SEND_AGAIN = 200, (422, 502), 504, 503


class WebProcess:
    """One process: its loop, its response path, and whoever waits in it."""

    def __init__(self, process: Process, settings: Settings, time: VirtualTime) -> None:
        self.process = process
        self.loop = VirtualLoop(time, process)
        self._time = time
        self._tasks: set[Any] = set()  # which nobody else keeps from being collected
        stop: Any = SimulatedStop(time)
        self.path: ResponsePath = self.loop.within(
            lambda: ResponsePath(settings, self._start, stop)
        )

    def _start(
        self, name: str, run: Callable[[threading.Event], None], stop: threading.Event
    ) -> Any:
        if name not in LEFT_OUT:
            self._time.start(self.process, lambda: run(stop))
        return None

    def take(self, request: Any, done: Callable[[Any], None]) -> None:
        """Have the real view answer a request; `done` is told its response."""

        async def serve() -> None:
            try:
                response = await views._recognise(request)
            except Exception as error:  # noqa: BLE001 - Django would make a 500 of it
                response = HttpResponse(f"{type(error).__name__}: {error}", status=500)
            done(response)

        task = self.loop.within(lambda: self.loop.create_task(serve()))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def end(self) -> None:
        """Close what never began, since its process was killed first."""
        for coroutine in [task.get_coro() for task in self._tasks]:
            if inspect.getcoroutinestate(coroutine) == inspect.CORO_CREATED:
                coroutine.close()


@dataclass(slots=True)
class Client:
    """Somebody with one picture, who sends it until it is taken, and waits."""

    name: str
    content: Content
    told: list[tuple[int, str]] = field(default_factory=list)
    sends: int = 0
    is_served: bool = False
    served_at: float = 0.0

    def request(self) -> Any:
        file = SimpleUploadedFile(self.name, picture_of(self.content))
        return RequestFactory(SERVER_NAME="localhost").post("/", {"inputFile": file})

    @property
    def answer(self) -> tuple[int, str] | None:
        """What it was told in the end."""
        return self.told[-1] if self.told and self.is_served else None


class Clients:
    """All clients of a world: each goes to a web process that lives, comes back when cut off."""

    def __init__(
        self, time: VirtualTime, chance: random.Random, webs: Callable[[], list[WebProcess]]
    ) -> None:
        self._time, self._chance, self._webs = time, chance, webs
        self._outside = Process("clients")
        self.all: list[Client] = []

    def come(self, count: int, within_seconds: float, contents: list[Content]) -> None:
        for number in range(count):
            client = Client(f"p{number}.png", contents[number % len(contents)])
            self.all.append(client)
            self._later(self._chance.uniform(0.0, within_seconds), client)

    def _later(self, seconds: float, client: Client) -> None:
        self._time.after(seconds, self._outside, lambda: self._send(client))

    def _send(self, client: Client) -> None:
        webs = self._webs()
        if not webs:
            self._later(1.0, client)
            return
        web = self._chance.choice(webs)
        client.sends += 1
        number = client.sends
        web.take(client.request(), lambda response: self._hear(client, number, response))
        self._watch(client, number, web)

    def _watch(self, client: Client, number: int, web: WebProcess) -> None:
        """A client whose process dies sees its connection break, and sends again."""
        if client.is_served or client.sends != number:
            return
        if not web.process.alive:
            self._later(0.5, client)
            return
        self._time.after(1.0, self._outside, lambda: self._watch(client, number, web))

    def _hear(self, client: Client, number: int, response: Any) -> None:
        if client.sends != number or client.is_served:
            return  # it has gone already
        text = response.content.decode().strip()
        client.told.append((response.status_code, text))
        if response.status_code == SEND_AGAIN:
            self._later(float(response.headers["Retry-After"]), client)
        else:
            client.is_served, client.served_at = True, self._time.now


def result_of(text: str) -> str:
    """`<filename>:<result>` -> the result."""
    return text.rpartition(":")[2]
