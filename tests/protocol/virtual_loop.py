"""An asyncio event loop in virtual time: what the waiting clients of one web process live in."""

from __future__ import annotations

import asyncio
import contextvars
from asyncio import events
from collections.abc import Callable
from typing import Any

from tests.protocol.virtual_time import Process, VirtualTime


class VirtualLoop(asyncio.AbstractEventLoop):
    """The part of an event loop that futures, tasks, timeouts and executors need."""

    def __init__(self, time: VirtualTime, process: Process) -> None:
        self._time = time
        self._process = process

    def time(self) -> float:
        return self._time.now

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return self._process.alive

    def is_closed(self) -> bool:
        return not self._process.alive

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """What a killed process leaves behind is nobody's business."""

    def call_soon(self, callback: Any, *args: Any, context: Any = None) -> asyncio.Handle:
        return self.call_at(self._time.now, callback, *args, context=context)

    call_soon_threadsafe = call_soon

    def call_later(self, delay: float, callback: Any, *args: Any, context: Any = None) -> Any:
        return self.call_at(self._time.now + delay, callback, *args, context=context)

    def call_at(self, when: float, callback: Any, *args: Any, context: Any = None) -> Any:
        context = context or contextvars.copy_context()
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        self._time.at(when, self._process, lambda: self._run(handle))
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """A cancelled handle is skipped when its time comes."""

    def _run(self, handle: asyncio.Handle) -> None:
        if not handle.cancelled():
            self.within(handle._run)

    def within(self, act: Callable[[], Any]) -> Any:
        """Do something as a callback of this loop. Blocking code never runs in here."""
        events._set_running_loop(self)
        try:
            return act()
        finally:
            events._set_running_loop(None)

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(self, coro: Any, **options: Any) -> asyncio.Task[Any]:
        return asyncio.Task(coro, loop=self, **options)

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> asyncio.Future[Any]:
        """Blocking code becomes a task of the process, and its end comes back to the loop."""
        future = self.create_future()

        def work() -> None:
            try:
                result = func(*args)
            except Exception as error:  # noqa: BLE001 - it is the waiting coroutine's
                self.call_soon(_set, future, None, error)
            else:
                self.call_soon(_set, future, result, None)

        self._time.start(self._process, work)
        return future


def _set(future: asyncio.Future[Any], result: Any, error: Exception | None) -> None:
    if future.done():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)
