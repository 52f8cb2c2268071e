"""The job history: list, look up, cancel, delete, and name a face."""

from __future__ import annotations

import uuid
from typing import Annotated

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from ninja import Query, Router
from pydantic import Field

from faceweb.access import audit
from faceweb.access.callers import Caller, Scope
from faceweb.api.auth import ApiKeyAuth
from faceweb.api.details import DetailsIn, checked_details
from faceweb.api.events import event_stream
from faceweb.api.shapes import JobFilterIn, JobOut, JobPageOut, LearnedOut, NameFaceIn
from faceweb.jobs import erasing, history
from faceweb.models import Job
from faceweb.people.faces.details import job_in_detail
from faceweb.people.faces.shown_faces import job_json, jobs_json
from faceweb.people.subjects import subjects
from faceweb.replies.threads import run_in_thread
from faceweb.watch.waiting import waiting_json
from foundation.config import get_settings

router = Router(auth=ApiKeyAuth(Scope.RECOGNISE), tags=["jobs"])

EVENTS = {"text/event-stream": {"schema": {"type": "string"}}}


@router.get("", response=JobPageOut, summary="Jobs, newest first")
async def list_jobs(
    request: HttpRequest,
    filters: Query[JobFilterIn],
    cursor: Annotated[str | None, Field(max_length=200)] = None,
    limit: Annotated[int, Field(ge=1, le=100)] = 50,
) -> object:
    """A page of jobs; give `next` back as `cursor` for the page after it."""
    collection = request.auth.collection  # type: ignore[attr-defined]
    wanted = history.JobFilter(collection=collection, **filters.dict())

    def look() -> dict[str, object]:
        page = history.page_of(wanted, cursor, limit)
        audit.record(request.auth.name, "jobs listed", count=len(page.jobs))  # type: ignore[attr-defined]
        return {"jobs": jobs_json(page.jobs), "next": page.next_cursor}

    return await run_in_thread(look)


@router.get("/{uuid:job_id}", response=JobOut, summary="One job")
async def get_job(request: HttpRequest, job_id: uuid.UUID, details: Query[DetailsIn]) -> object:
    """Embeddings are there for unknown faces, and where the job was asked for them."""
    wanted = checked_details(request, details)

    def look() -> dict[str, object]:
        job = _job(request, job_id)
        audit.looked(request.auth.name, "job seen", job_id)  # type: ignore[attr-defined]
        return job_in_detail(job, wanted)

    return await run_in_thread(look)


@router.get(
    "/{uuid:job_id}/events",
    summary="Be told when a job ends",
    openapi_extra={"responses": {200: {"description": "Events", "content": EVENTS}}},
)
async def follow_job(request: HttpRequest, job_id: uuid.UUID) -> HttpResponseBase:
    """Server-sent events: `job` with the job as it is now, then `ended` with its answer.

    The connection ends then, or after 15 minutes.
    """
    await run_in_thread(_job, request, job_id)
    await run_in_thread(audit.looked, request.auth.name, "job seen", job_id)  # type: ignore[attr-defined]
    return event_stream(request, job_id, lambda: job_json(_job(request, job_id)))


@router.post("/{uuid:job_id}/cancel", response=JobOut, summary="Cancel a job without an answer")
async def cancel_job(request: HttpRequest, job_id: uuid.UUID) -> object:
    def work() -> dict[str, object]:
        job = _job(request, job_id)
        history.cancel(job)
        audit.record(request.auth.name, "job cancelled", job_id)  # type: ignore[attr-defined]
        return {**job_json(job), "waiting": waiting_json(job, get_settings())}

    return await run_in_thread(work)


@router.delete("/{uuid:job_id}", response={204: None}, summary="Delete a job and its objects")
async def delete_job(request: HttpRequest, job_id: uuid.UUID) -> object:
    def work() -> None:
        erasing.delete_job(_job(request, job_id), get_settings(), request.auth.name)  # type: ignore[attr-defined]

    await run_in_thread(work)
    return 204, None


@router.post(
    "/{uuid:job_id}/faces/{int:number}/name",
    response=LearnedOut,
    auth=ApiKeyAuth(Scope.SUBJECTS),
    summary="Say who an unknown face is",
)
async def name_face(
    request: HttpRequest, job_id: uuid.UUID, number: int, named: NameFaceIn
) -> object:
    """The face becomes an example of the person, who is known from now on."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    people = subjects(get_settings(), caller.name, caller.collection)
    return await run_in_thread(lambda: people.learn(_job(request, job_id), number, named.name))


def _job(request: HttpRequest, job_id: uuid.UUID) -> Job:
    collection = request.auth.collection  # type: ignore[attr-defined]
    job = Job.objects.filter(pk=job_id, collection=collection).first()
    if job is None:
        raise Http404(f"There is no job {job_id}.")
    return job
