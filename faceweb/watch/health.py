"""Whether what the web tier stands on answers: database, queues, buckets."""

from collections.abc import Callable

from django.db import connection

from faceweb.replies import queues
from foundation.aws import storage
from foundation.config import Settings


def check_health(settings: Settings) -> dict[str, str]:
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
