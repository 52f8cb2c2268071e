"""One process at a time: a named lease in the database, which all web processes share.

The holder renews it while it works. It is no row lock, because the work in between (S3) takes long.
On SQLite an open transaction would hold back every other writer, the collector among them.
"""

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog
from django.db import DatabaseError
from django.utils import timezone

from faceweb.models import Lease
from faceweb.replies.threads import background
from foundation.collections import DEFAULT

log = structlog.get_logger()

GALLERY = "gallery"
LEASE_SECONDS = 60.0
RENEW_SECONDS = 20.0
RETRY_SECONDS = 0.05
PATIENCE_SECONDS = 30.0


def gallery_lease(collection: str) -> str:
    """The name of the lease on a collection's gallery; each change holds it."""
    return GALLERY if collection == DEFAULT else f"{GALLERY} {collection}"


class LeaseTaken(Exception):
    """Somebody else held the lease all the time that we were willing to wait."""


@contextmanager
def lease(name: str, patience_seconds: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Hold the lease, waiting for its holder. Raises LeaseTaken.

    A holder that died keeps it for LEASE_SECONDS at most.
    """
    holder = uuid.uuid4().hex
    deadline = time.monotonic() + patience_seconds
    while not _acquire(name, holder):
        if time.monotonic() > deadline:
            raise LeaseTaken(f"{name} is being changed by somebody else: try again in a moment")
        time.sleep(RETRY_SECONDS)
    done = threading.Event()
    renewing = background("lease", lambda stop: _renew(name, holder, stop), done)
    try:
        yield
    finally:
        done.set()
        renewing.join()
        Lease.objects.filter(name=name, holder=holder).delete()


def _renew(name: str, holder: str, done: threading.Event) -> None:
    while not done.wait(RENEW_SECONDS):
        try:
            until = timezone.now() + timedelta(seconds=LEASE_SECONDS)
            Lease.objects.filter(name=name, holder=holder).update(until=until)
        except DatabaseError as error:
            log.warning("lease_not_renewed", name=name, error=str(error))


def _acquire(name: str, holder: str) -> bool:
    now = timezone.now()
    until = now + timedelta(seconds=LEASE_SECONDS)
    if Lease.objects.filter(name=name, until__lt=now).update(holder=holder, until=until):
        return True
    # get_or_create inserts in a savepoint, so losing the race leaves a caller's transaction whole.
    _, is_ours = Lease.objects.get_or_create(name=name, defaults={"holder": holder, "until": until})
    return is_ours
