"""Takes pictures of requests, and waits for answers without holding a thread.

`POST /` stores its picture here, and has its job written down by `faceweb.intake.writing`. The API
submits jobs and waits for them by `submit_and_wait`.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from django.http import HttpRequest

from faceweb.intake.submission import accepted, stored
from faceweb.intake.uploads import read_upload
from faceweb.jobs.departures import send_task
from faceweb.models import Job
from faceweb.people.faces.shown_faces import load_faces
from faceweb.replies import response_path
from faceweb.replies.threads import run_in_thread, run_steps
from faceweb.replies.waiters import Waiters
from faceweb.server.handler import ended_by_leaving
from foundation.aws.storage import in_bucket
from foundation.collections import DEFAULT
from foundation.config import get_settings


def accept_picture(request: HttpRequest, job_id: uuid.UUID, collection: str = DEFAULT) -> Job:
    """Take the one picture of a form, to be recognised. Raises UploadRefused, NameTaken, and
    botocore's errors."""
    return accepted(store_picture(request, job_id, collection), send_task)


def store_picture(request: HttpRequest, job_id: uuid.UUID, collection: str) -> Job:
    """The same, but its job is not written down yet."""
    settings = get_settings()
    upload = read_upload(request, settings)
    return stored(upload, job_id, in_bucket(settings), collection=collection)


async def submit_and_wait(
    request: HttpRequest,
    submit_jobs: Callable[[Sequence[uuid.UUID]], Sequence[Job]],
    count: int,
    wait_seconds: float,
) -> list[Job]:
    """Submit jobs under new ids, and return them when all are done.

    It also returns when the time is up, or the client has left. Errors of `submit_jobs`, which
    writes the jobs down under the ids it gets, are raised; so is TimeoutError, where storage hangs.
    """
    ids = [uuid.uuid4() for _ in range(count)]
    waiters: Waiters = response_path.running().waiters
    with ExitStack() as waiting:
        futures = [waiting.enter_context(waiters.waiting_for(job_id)) for job_id in ids]
        jobs = list(await run_steps(submit_jobs, ids))
        if wait_seconds <= 0 or not jobs:
            return jobs
        with ended_by_leaving(request, futures):
            await asyncio.wait(futures[: len(jobs)], timeout=wait_seconds)
    return await run_in_thread(_fresh, [job.pk for job in jobs])


def _fresh(ids: Sequence[uuid.UUID]) -> list[Job]:
    found = Job.objects.in_bulk(ids)
    load_faces(found.values())
    return [found[job_id] for job_id in ids if job_id in found]
