"""Threads for blocking work, and none for a client that only waits.

Blocking work of async views runs on a few threads of our own: each waits for S3, SQS or the
database. What Django itself runs synchronously (pages, the admin) runs on
a few more, which last, and are lent to requests in turn.
"""

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import cycle
from typing import ParamSpec, TypeVar

import structlog
from asgiref.sync import SyncToAsync, ThreadSensitiveContext
from django.db import close_old_connections, connections

from faceweb.replies.patience import StepClock, finished, step_clock, step_seconds

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

Start = Callable[[str, Callable[[threading.Event], None], threading.Event], threading.Thread]
"""Starts a loop under a name, until its event is set: `background`, or what stands in for it."""

log = structlog.get_logger()

THREADS = 8
FETCHING_THREADS = 4
_executor = ThreadPoolExecutor(THREADS, thread_name_prefix="faceweb")
_fetching = ThreadPoolExecutor(FETCHING_THREADS, thread_name_prefix="fetching")


async def run_in_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a blocking function, its database connection cared for. Raises TimeoutError after
    `step_seconds`; the thread goes on by itself."""
    call = partial(function, *args, **kwargs)
    return await asyncio.wait_for(_begun(_executor, call), step_seconds.get())


async def run_steps(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """The same for work that calls `step_begins`. Raises TimeoutError where a step hangs; the work
    may still be done, since the thread goes on by itself."""
    return await _in_steps(_executor, partial(function, *args, **kwargs))


async def run_fetching(function: Callable[[], R]) -> R:
    """The same where others' servers are waited for, on threads of their own. A slow one takes none
    from requests that bring what they need."""
    return await _in_steps(_fetching, function)


async def _in_steps(executor: ThreadPoolExecutor, function: Callable[[], R]) -> R:
    clock = StepClock(asyncio.get_running_loop().time)

    def work() -> R:
        with step_clock(clock):
            return function()

    return await asyncio.wait_for(finished(_begun(executor, work), clock), step_seconds.get())


def _begun(executor: ThreadPoolExecutor, function: Callable[[], R]) -> asyncio.Future[R]:
    call = partial(with_fresh_connection, function)
    return asyncio.get_running_loop().run_in_executor(executor, call)


def run_in_threads(function: Callable[[T], R], each: Iterable[T]) -> list[R]:
    """Call a blocking function with each, some at once; called beside the event loop. Raises what
    one of them raises."""
    return list(_executor.map(lambda one: with_fresh_connection(function, one), each))


def with_fresh_connection(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call it; a broken database connection is replaced. Django does this by itself only for
    requests: any other thread keeps one that a restart of the database closed, for ever."""
    close_old_connections()
    try:
        return function(*args, **kwargs)
    finally:
        close_old_connections()


class _OneThread(ThreadPoolExecutor):
    """One lasting thread, whose database connection is cared for around each piece of work."""

    def __init__(self) -> None:
        super().__init__(1, thread_name_prefix="request")

    def submit(self, fn: Callable[..., R], /, *args: object, **kwargs: object) -> Future[R]:
        return super().submit(partial(with_fresh_connection, fn, *args, **kwargs))


class RequestThreads:
    """Lends each request one thread for all that Django runs synchronously.

    Without it, asgiref starts a thread (and with it a database connection) for every request, and
    keeps it until the request's end. So 1,000 waiting clients would be 1,000 idle threads. Here a
    thread serves many requests, one piece of work after the other. All pieces of one request still
    find the same thread and connection.
    """

    def __init__(self, threads: int = THREADS) -> None:
        contexts = [ThreadSensitiveContext() for _ in range(threads)]
        for context in contexts:
            SyncToAsync.context_to_thread_executor[context] = _OneThread()
        self._turns = cycle(contexts)

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Within this, synchronous code goes to one of the threads."""
        token = SyncToAsync.thread_sensitive_context.set(next(self._turns))
        try:
            yield
        finally:
            SyncToAsync.thread_sensitive_context.reset(token)


def background(
    name: str, run: Callable[[threading.Event], None], stop: threading.Event
) -> threading.Thread:
    """Start a daemon thread that closes its database connections when it ends."""

    def run_and_close() -> None:
        try:
            run(stop)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run_and_close, name=name, daemon=True)
    thread.start()
    return thread


def repeat(
    work: Callable[[], object], every_seconds: float, stop: threading.Event, failed: str
) -> None:
    """Do background work again and again until told to stop. An error is logged, by the name of
    `failed`, and waited out: it outlives every outage."""
    while not stop.wait(every_seconds):
        try:
            with_fresh_connection(work)
        except Exception as error:  # noqa: BLE001 - see above
            log.error(failed, error=f"{type(error).__name__}: {error}")
