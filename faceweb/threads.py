"""Threads for the blocking work of async views, and none for a client that only waits.

Blocking work runs on a few threads of our own: each waits for S3, SQS or the database.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from asgiref.sync import SyncToAsync
from django.db import close_old_connections, connections

P = ParamSpec("P")
R = TypeVar("R")

THREADS = 8
_executor = ThreadPoolExecutor(THREADS, thread_name_prefix="faceweb")


async def run_in_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a blocking function, its database connection cared for."""
    call = partial(_with_fresh_connection, function, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_executor, call)


def _with_fresh_connection(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    close_old_connections()
    try:
        return function(*args, **kwargs)
    finally:
        close_old_connections()


def release_request_thread() -> None:
    """Give back the thread that Django keeps for this request until it ends.

    asgiref starts one for the first synchronous piece of middleware, and holds it for all others
    of the same request: 1,000 clients that wait would be 1,000 idle threads. Middleware that runs
    after the wait gets a new one.
    """
    context = SyncToAsync.thread_sensitive_context.get(None)
    executor = SyncToAsync.context_to_thread_executor.pop(context, None) if context else None
    if executor is not None:
        executor.shutdown(wait=False)


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
