"""Takes pictures of requests, and waits for answers without holding a thread.

`POST /` takes pictures by `accepted`. The API and the pages also wait, by `submit_and_wait`.
"""

import asyncio
import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack

from django.db import DatabaseError
from django.http import HttpRequest

from faceweb.intake.sent_pictures import fetches
from faceweb.intake.submission import stored, take_back, taken
from faceweb.intake.uploads import read_upload
from faceweb.intake.writing import written
from faceweb.models import Job
from faceweb.people.faces.shown_faces import load_faces
from faceweb.replies import response_path
from faceweb.replies.patience import step_begins
from faceweb.replies.threads import run_fetching, run_in_thread, run_steps
from faceweb.server.handler import ended_by_leaving
from foundation.aws.storage import in_bucket
from foundation.config import get_settings

Store = Callable[[Sequence[uuid.UUID]], Iterable[Job]]
"""Stores pictures, as `faceweb.intake.submission.taken` asks for their jobs. It gets an id for
each, and runs in a thread. Raises UploadRefused."""


def store_picture(request: HttpRequest, job_id: uuid.UUID, collection: str) -> Job:
    """Store the one picture of a form. Returns its job, which is to be written down. Raises
    UploadRefused, NameTaken, and botocore's errors."""
    settings = get_settings()
    upload = read_upload(request, settings)
    return stored(upload, job_id, in_bucket(settings), collection=collection)


async def accepted(
    store: Store, ids: Sequence[uuid.UUID], webhook: str = "", *, asks_others: bool = False
) -> list[Job]:
    """Store pictures, and return their jobs once they are written down.

    Errors of `store` are raised, and the database's; so is TimeoutError, where one of them hangs.
    No private picture is kept then, and no job that was late is done. `webhook` gets a message when
    a job ends. `asks_others` is for what others' servers are asked for, a picture or an address.
    """
    run = run_fetching if asks_others else run_steps
    jobs = await run(lambda: taken(store(ids)))
    try:
        await written(jobs, response_path.running().entries, webhook)
    except (DatabaseError, TimeoutError):
        await run_steps(_undo, jobs)
        raise
    return jobs


async def submit_and_wait(
    request: HttpRequest,
    store: Store,
    count: int,
    wait_seconds: float,
    webhook: str = "",
) -> list[Job]:
    """Submit jobs under new ids, and return them when all are done.

    It also returns when the time is up, or the client has left. Raises what `accepted` raises.
    """
    ids = [uuid.uuid4() for _ in range(count)]
    path = response_path.running()
    with ExitStack() as waiting:
        futures = {one: waiting.enter_context(path.waiters.waiting_for(one)) for one in ids}
        jobs = await accepted(store, ids, webhook, asks_others=bool(webhook) or fetches(request))
        if wait_seconds <= 0 or not jobs:
            return jobs
        with ended_by_leaving(request, futures.values()):
            await asyncio.wait([futures[job.pk] for job in jobs], timeout=wait_seconds)
    return await run_in_thread(_fresh, [job.pk for job in jobs])


def _undo(jobs: Sequence[Job]) -> None:
    step_begins()
    take_back(jobs)


def _fresh(ids: Sequence[uuid.UUID]) -> list[Job]:
    found = Job.objects.in_bulk(ids)
    load_faces(found.values())
    return [found[job_id] for job_id in ids if job_id in found]
