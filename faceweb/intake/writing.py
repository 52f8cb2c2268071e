"""Jobs of requests are written down with those of others, and then sent.

They gather in `faceweb.replies.gathering`, which `faceweb.replies.response_path` runs. That saves a
tenth of the web tier's time for a picture of a burst. A client is answered only once its job is
written down.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from django.db import DatabaseError, OperationalError, transaction

from faceweb.intake.submission import insert_jobs, note_accepted
from faceweb.jobs.departures import send_task
from faceweb.models import Job
from faceweb.replies.gathering import Gathering
from faceweb.replies.patience import StepClock, finished
from faceweb.webhooks.delivery import register


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A job that is to be written down, and who waits for that. `webhook` gets a message when it
    ends."""

    job: Job
    written: asyncio.Future[None]
    webhook: str = ""


def writing(waiting: Callable[[], int]) -> Gathering[Entry]:
    """The jobs that a process is about to write down."""
    return Gathering(write_and_send, waiting, _refuse)


async def written(jobs: Sequence[Job], entries: Gathering[Entry], webhook: str = "") -> None:
    """Returns when the jobs are written down. Raises TimeoutError, and the database's errors."""
    loop = asyncio.get_running_loop()
    new = [Entry(job=job, written=loop.create_future(), webhook=webhook) for job in jobs]
    clock = StepClock(loop.time)
    clock.begin()
    entries.add(*new)
    await finished(asyncio.gather(*(entry.written for entry in new)), clock)


def write_and_send(entries: Sequence[Entry]) -> None:
    """Write jobs down with one statement, and send their tasks. One that the database does not take
    harms no other; where the database is away, all learn of it."""
    try:
        _insert(entries)
    except DatabaseError as error:
        if len(entries) > 1 and not isinstance(error, OperationalError):
            for entry in entries:
                write_and_send([entry])
        else:
            _tell(entries, error)
        return
    _tell(entries, None)
    send_task(*(entry.job for entry in entries if not entry.written.cancelled()))
    for entry in entries:
        note_accepted(entry.job, in_time=not entry.written.cancelled())


def _insert(entries: Sequence[Entry]) -> None:
    webhooks = {entry.webhook for entry in entries} - {""}
    with transaction.atomic() if webhooks else nullcontext():
        insert_jobs([entry.job for entry in entries])
        for url in webhooks:
            register([entry.job for entry in entries if entry.webhook == url], url)


def _tell(entries: Sequence[Entry], error: DatabaseError | None) -> None:
    def tell() -> None:
        for entry in entries:
            if entry.written.done():
                continue
            if error:
                entry.written.set_exception(error)
            else:
                entry.written.set_result(None)

    entries[0].written.get_loop().call_soon_threadsafe(tell)


def _refuse(entry: Entry) -> None:
    entry.written.set_exception(TimeoutError("the database hangs"))
