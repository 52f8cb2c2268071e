"""Recognise, detect, verify: the questions that go to the app tier."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import File, Form, Query, Router, Status
from ninja.files import UploadedFile
from pydantic import Field

from faceweb.access.callers import Scope
from faceweb.api.auth import ApiKeyAuth
from faceweb.api.problems import Problem
from faceweb.api.shapes import BatchOut, JobOut, VerifyOut
from faceweb.jobs.answering import submit_and_wait
from faceweb.jobs.names import safe_filename
from faceweb.jobs.submission import enqueue, send_task, store_privately, submit
from faceweb.jobs.uploads import Upload, UploadRefused, checked_uploads, uploaded_pictures
from faceweb.models import Job, JobKind, JobState
from faceweb.people.faces.shown_faces import job_json, shown_faces
from faceweb.webhooks.addresses import checked_address
from faceweb.webhooks.delivery import register
from foundation import messages
from foundation.config import get_settings
from foundation.storage import gallery_bucket, in_bucket

router = Router(auth=ApiKeyAuth(Scope.RECOGNISE), tags=["recognition"])

MAX_BATCH = 20
CANDIDATES = Query(
    None,
    ge=0,
    le=messages.MOST_CANDIDATES,
    description="How many of the nearest people each face carries (3)",
)
MIN_PROBABILITY = Query(
    None,
    ge=0.0,
    le=1.0,
    description="A face that the detector is less sure of gets no name (MIN_PROBABILITY)",
)
WEBHOOK = Form("", max_length=2000, description="An address that is told when the job has ended")


@router.post("/recognise", response={200: JobOut, 202: JobOut}, summary="Who is in a picture?")
async def recognise(
    request: HttpRequest,
    picture: File[UploadedFile],
    webhook: str = WEBHOOK,
    wait: bool = True,
    candidates: int | None = CANDIDATES,
    min_probability: float | None = MIN_PROBABILITY,
) -> Any:
    """All faces of a picture with names, boxes and similarities.

    With `wait=false`, or when no answer comes in time, the status is 202 and `url` says where the
    answer will be. `webhook` is an address that is told, signed, when the job has ended.
    """
    submit_jobs = _recognising(
        webhook,
        _options(candidates, min_probability),
        lambda: uploaded_pictures(request, [picture], get_settings()),
    )
    jobs = await submit_and_wait(request, submit_jobs, 1, _seconds(wait))
    return _answer(jobs[0])


@router.post(
    "/recognise/batch", response={200: BatchOut, 202: BatchOut}, summary="Up to 20 pictures"
)
async def recognise_batch(
    request: HttpRequest,
    pictures: File[list[UploadedFile]],
    webhook: str = WEBHOOK,
    wait: bool = True,
    candidates: int | None = CANDIDATES,
    min_probability: float | None = MIN_PROBABILITY,
) -> Any:
    """Each picture becomes a job of its own; 200 when all are answered, else 202.

    A picture that is not taken is among `problems`, and the others are answered.
    """
    if len(pictures) > MAX_BATCH:
        raise Problem(413, f"{len(pictures)} pictures came; at most {MAX_BATCH} at a time.")
    problems: list[dict[str, Any]] = []
    options = _options(candidates, min_probability)
    submit_jobs = _recognising(webhook, options, lambda: _usable(request, pictures, problems))
    jobs = await submit_and_wait(request, submit_jobs, len(pictures), _seconds(wait))
    status = 200 if all(job.is_final for job in jobs) else 202
    return Status(status, {"jobs": [job_json(job) for job in jobs], "problems": problems})


@router.post("/detect", response={200: JobOut, 202: JobOut}, summary="Where are faces?")
async def detect(request: HttpRequest, picture: File[UploadedFile], wait: bool = True) -> Any:
    """The faces of a picture, compared with nobody."""
    jobs = await submit_and_wait(
        request, _private(request, JobKind.DETECT, picture), 1, _seconds(wait)
    )
    return _answer(jobs[0])


FaceChoice = Annotated[int, Field(ge=0, le=1000)] | Literal["any"] | None
FACE = Form(None, description="Which face of the picture, from 0; `any` is the one that fits best")
OTHER_FACE = Form(None, description="The same of the other picture")


@router.post("/verify", response={200: VerifyOut, 202: VerifyOut}, summary="The same person?")
async def verify(
    request: HttpRequest,
    picture: File[UploadedFile],
    other: File[UploadedFile],
    face: FaceChoice = FACE,
    other_face: FaceChoice = OTHER_FACE,
    wait: bool = True,
) -> Any:
    """Compare a face of one picture with a face of another, not with the gallery.

    By default each picture's own face is compared, which is face 0. The job's `faces` are the two
    that were compared.
    """
    options = messages.VerifyOptions(face=face, other_face=other_face).given
    submit_jobs = _private(request, JobKind.VERIFY, picture, other, options=options)
    jobs = await submit_and_wait(request, submit_jobs, 1, _seconds(wait))
    job = _answer(jobs[0]).value
    status = 200 if jobs[0].state == JobState.SUCCEEDED else 202
    faces = shown_faces(jobs[0])
    compared: dict[str, bool | float | None] = {
        "same_person": None,
        "similarity": None,
        "distance": None,
    }
    if len(faces) == 2:
        compared = {
            "same_person": jobs[0].result == messages.SAME,
            "similarity": faces[1].similarity,
            "distance": faces[1].distance,
        }
    return Status(status, {**compared, "detail": jobs[0].error or None, "job": job})


def _seconds(wait: bool) -> float:
    return get_settings().result_timeout_seconds if wait else 0.0


Accept = Callable[[Sequence[uuid.UUID]], Sequence[Job]]


def _options(candidates: int | None, min_probability: float | None) -> dict[str, Any]:
    return messages.RecogniseOptions(candidates=candidates, least_probability=min_probability).given


def _recognising(
    webhook: str, options: dict[str, object], uploads_of: Callable[[], list[Upload]]
) -> Accept:
    def submit_jobs(ids: Sequence[uuid.UUID]) -> list[Job]:
        uploads = uploads_of()
        if webhook:
            checked_address(webhook, get_settings().private_webhooks_allowed)
        bucket = in_bucket(get_settings())
        jobs = [
            submit(upload, job_id, bucket, send_task, options)
            for upload, job_id in zip(uploads, ids, strict=False)  # refused pictures need no id
        ]
        for job in jobs if webhook else ():
            register(job, webhook)
        return jobs

    return submit_jobs


def _usable(
    request: HttpRequest, pictures: Sequence[UploadedFile], problems: list[dict[str, Any]]
) -> list[Upload]:
    """The pictures of a batch that are taken; the others go to `problems`. Raises Problem where
    none is taken."""
    uploads = []
    for place, one in enumerate(checked_uploads(request, pictures, get_settings())):
        if isinstance(one, UploadRefused):
            name = safe_filename(pictures[place].name or "")
            told = {"filename": name, "status": one.status, "detail": one.sentence}
            problems.append({"picture": place, **told})
        else:
            uploads.append(one)
    if not uploads:
        raise Problem(problems[0]["status"], problems[0]["detail"], problems=problems)
    return uploads


def _private(
    request: HttpRequest,
    kind: object,
    *pictures: UploadedFile,
    options: dict[str, object] | None = None,
) -> Accept:
    def submit_jobs(ids: Sequence[uuid.UUID]) -> list[Job]:
        uploads = uploaded_pictures(request, pictures, get_settings())
        bucket = gallery_bucket(get_settings())
        job = store_privately(kind, ids[0], bucket, *uploads, options=options)
        enqueue(job, send_task)
        return [job]

    return submit_jobs


async def embedded(request: HttpRequest, picture: UploadedFile) -> Job:
    """The job of a picture that is embedded for an enrolment, ended or not."""
    jobs = await submit_and_wait(
        request, _private(request, JobKind.EMBED, picture), 1, _seconds(True)
    )
    return jobs[0]


def _answer(job: Job) -> Status[Any]:
    """200 with an answer, 202 without; a failed job is a problem."""
    if job.state in (JobState.FAILED, JobState.CANCELLED):
        status = 502 if job.error_kind == messages.INTERNAL_ERROR else 422
        raise Problem(status, job.error, job=str(job.pk))
    return Status(200 if job.is_final else 202, job_json(job))
