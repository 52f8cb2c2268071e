"""Takes pictures of requests, and waits for answers without holding a thread.

Storage takes pictures here, and `faceweb.intake.writing` writes their jobs down. The API and the
pages do both and wait by `submit_and_wait`.
"""

import asyncio
import uuid
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from django.db import DatabaseError
from django.http import HttpRequest

from faceweb.intake.submission import PRIVATE_KINDS, stored, take_back
from faceweb.intake.uploads import read_upload
from faceweb.intake.writing import written
from faceweb.models import Job
from faceweb.people.faces.shown_faces import load_faces
from faceweb.replies import response_path
from faceweb.replies.patience import step_begins
from faceweb.replies.threads import run_in_thread, run_steps
from faceweb.server.handler import ended_by_leaving
from foundation.aws.storage import gallery_bucket, in_bucket
from foundation.config import get_settings

Store = Callable[[Sequence[uuid.UUID]], Sequence[Job]]
"""Stores pictures, and returns their jobs, which are to be written down. It gets an id for each,
and runs in a thread. Raises UploadRefused."""


def store_picture(request: HttpRequest, job_id: uuid.UUID, collection: str) -> Job:
    """Store the one picture of a form. Returns its job, which is to be written down. Raises
    UploadRefused, NameTaken, and botocore's errors."""
    settings = get_settings()
    upload = read_upload(request, settings)
    return stored(upload, job_id, in_bucket(settings), collection=collection)


async def submit_and_wait(
    request: HttpRequest,
    store: Store,
    count: int,
    wait_seconds: float,
    webhook: str = "",
) -> list[Job]:
    """Submit jobs under new ids, and return them when all are done.

    It also returns when the time is up, or the client has left. Errors of `store` are raised, and
    the database's; so is TimeoutError, where one of them hangs. `webhook` gets a message when a job
    ends.
    """
    ids = [uuid.uuid4() for _ in range(count)]
    path = response_path.running()
    with ExitStack() as waiting:
        futures = [waiting.enter_context(path.waiters.waiting_for(job_id)) for job_id in ids]
        jobs = list(await run_steps(store, ids))
        try:
            await written(jobs, path.entries, webhook)
        except (DatabaseError, TimeoutError):
            await run_steps(_undo, jobs)
            raise
        if wait_seconds <= 0 or not jobs:
            return jobs
        with ended_by_leaving(request, futures):
            await asyncio.wait(futures[: len(jobs)], timeout=wait_seconds)
    return await run_in_thread(_fresh, [job.pk for job in jobs])


def _undo(jobs: Sequence[Job]) -> None:
    step_begins()
    private = [job for job in jobs if job.kind in PRIVATE_KINDS]
    take_back(private, gallery_bucket(get_settings()))


def _fresh(ids: Sequence[uuid.UUID]) -> list[Job]:
    found = Job.objects.in_bulk(ids)
    load_faces(found.values())
    return [found[job_id] for job_id in ids if job_id in found]
