"""Whether what the web tier stands on answers: database, queues, buckets."""

import asyncio
from collections.abc import Callable, Coroutine

import structlog
from django.db import connection

from faceweb.replies import queues
from foundation.aws import storage
from foundation.config import Settings

log = structlog.get_logger()

KEPT_SECONDS = 1.0
AWAY = "does not answer: the web tier's log says why"
"""For strangers, in place of an error's text: it names hosts, buckets and users."""

Parts = dict[str, str]
"""Each part with "ok" or what is wrong with it."""


class Looks:
    """One look at a time, for all who ask meanwhile or soon after. Strangers may ask, and a look
    calls AWS six times and holds a thread."""

    def __init__(self, look: Callable[[], Coroutine[None, None, Parts]]) -> None:
        self._look = look
        self._newest: asyncio.Task[Parts] | None = None
        self._kept_until = 0.0

    async def parts(self) -> Parts:
        """What the newest look saw. Raises what it raised."""
        loop, newest = asyncio.get_running_loop(), self._newest
        is_old = newest is not None and newest.done() and loop.time() >= self._kept_until
        if newest is None or is_old or newest.get_loop() is not loop:
            newest = self._newest = loop.create_task(self._look())
            self._kept_until = loop.time() + KEPT_SECONDS
        return await asyncio.shield(newest)


def for_strangers(parts: Parts) -> Parts:
    """The same without what only operators may know, which goes to the log."""
    wrong = {name: state for name, state in parts.items() if state != "ok"}
    if wrong:
        log.error("not_healthy", parts=wrong)
    return parts | dict.fromkeys(wrong, AWAY)


def check_health(settings: Settings) -> Parts:
    """Each part with "ok" or what is wrong with it."""
    parts: dict[str, Callable[[], object]] = {
        "database": _database,
        "request queue": queues.request_queue(settings).depth,
        "response queue": queues.response_queue(settings).depth,
        "dead-letter queue": queues.dead_letter_queue(settings).depth,
        "in-bucket": storage.in_bucket(settings).exists,
        "out-bucket": storage.out_bucket(settings).exists,
        "gallery bucket": storage.gallery_bucket(settings).exists,
    }
    return {name: _ok_or_problem(check) for name, check in parts.items()}


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _ok_or_problem(check: Callable[[], object]) -> str:
    try:
        check()
    except Exception as error:  # noqa: BLE001 - whatever is wrong is the answer
        return f"{type(error).__name__}: {error}"
    return "ok"
