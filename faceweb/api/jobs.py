"""The job history: list, look up, cancel, delete, and name a face."""

import uuid
from typing import Annotated

from django.http import Http404
from django.http.response import HttpResponseBase
from ninja import Query
from pydantic import Field

from faceweb.access import audit
from faceweb.access.callers import Scope
from faceweb.api.auth import ApiKeyAuth, ApiRequest, check_details, people_of
from faceweb.api.events import event_stream
from faceweb.api.routing import Endpoints
from faceweb.api.shapes.jobs import JobFilterIn, JobOut, JobPageOut
from faceweb.api.shapes.subjects import LearnedOut, NameFaceIn
from faceweb.jobs import erasing, history
from faceweb.models import Job, PendingUpload
from faceweb.people.faces.details import Details, job_in_detail
from faceweb.people.faces.shown_faces import job_json, jobs_json
from faceweb.watch.waiting import waiting_json
from foundation.config import get_settings

router = Endpoints(auth=ApiKeyAuth(Scope.RECOGNISE), tags=["jobs"])

EVENTS = {"text/event-stream": {"schema": {"type": "string"}}}


@router.get("", response=JobPageOut, summary="Jobs, newest first")
def list_jobs(
    request: ApiRequest,
    filters: Query[JobFilterIn],
    cursor: Annotated[str | None, Field(max_length=200)] = None,
    limit: Annotated[int, Field(ge=1, le=100)] = 50,
) -> object:
    """A page of jobs; give `next` back as `cursor` for the page after it."""
    collection = request.auth.collection
    wanted = history.JobFilter(collection=collection, **filters.dict())
    page = history.page_of(wanted, cursor, limit)
    audit.record(request.auth.name, "jobs listed", count=len(page.jobs))
    return {"jobs": jobs_json(page.jobs), "next": page.next_cursor}


@router.get("/{uuid:job_id}", response=JobOut, summary="One job")
def get_job(request: ApiRequest, job_id: uuid.UUID, details: Query[Details]) -> object:
    """Embeddings are there for unknown faces, and where the job was asked for them."""
    check_details(request, details)
    job = _job(request, job_id)
    audit.record_look(request.auth.name, "job seen", job_id)
    return job_in_detail(job, details)


@router.get(
    "/{uuid:job_id}/events",
    summary="Be told when a job ends",
    openapi_extra={"responses": {200: {"description": "Events", "content": EVENTS}}},
)
def follow_job(request: ApiRequest, job_id: uuid.UUID) -> HttpResponseBase:
    """Server-sent events: `job` with the job as it is now, then `ended` with its answer.

    The connection ends then, or after 15 minutes.
    """
    _job(request, job_id)
    audit.record_look(request.auth.name, "job seen", job_id)
    return event_stream(request, job_id, lambda: job_json(_job(request, job_id)))


@router.post("/{uuid:job_id}/cancel", response=JobOut, summary="Cancel a job without an answer")
def cancel_job(request: ApiRequest, job_id: uuid.UUID) -> object:
    """A job that has an answer is not cancelled: that is a 409."""
    job = _job(request, job_id)
    history.cancel(job)
    audit.record(request.auth.name, "job cancelled", job_id)
    return {**job_json(job), "waiting": waiting_json(job, get_settings())}


@router.delete("/{uuid:job_id}", response={204: None}, summary="Delete a job and its objects")
def delete_job(request: ApiRequest, job_id: uuid.UUID) -> object:
    """Its picture and its answer go with it, unless another job has the same picture."""
    erasing.delete_job(_job(request, job_id), get_settings(), request.auth.name)
    return 204, None


@router.post(
    "/{uuid:job_id}/faces/{int:number}/name",
    response=LearnedOut,
    auth=ApiKeyAuth(Scope.SUBJECTS),
    summary="Say who an unknown face is",
)
def name_face(request: ApiRequest, job_id: uuid.UUID, number: int, named: NameFaceIn) -> object:
    """The face becomes an example of the person, who is known from now on."""
    return people_of(request).learn(_job(request, job_id), number, named.name)


def _job(request: ApiRequest, job_id: uuid.UUID) -> Job:
    collection = request.auth.collection
    job = Job.objects.filter(pk=job_id, collection=collection).first()
    if job is not None:
        return job
    if PendingUpload.objects.filter(pk=job_id, collection=collection).exists():
        raise Http404("The picture of this upload has not arrived yet: ask again in a moment.")
    raise Http404(f"There is no job {job_id}.")
