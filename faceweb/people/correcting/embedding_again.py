"""What a face looks like, asked of the workers again: rows keep it only while a face is unknown."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.http import HttpRequest

from faceweb.jobs.answering import submit_and_wait
from faceweb.jobs.erasing import forget_enrolment
from faceweb.jobs.pictures import bucket_of
from faceweb.jobs.submission import enqueue, send_task, store_privately
from faceweb.jobs.uploads import UploadRefused, checked_upload
from faceweb.models import Face, Job, JobKind
from faceweb.people.correcting.naming import NoUsableFace
from faceweb.replies.threads import run_in_thread
from faceweb.videos.pictures import frame_picture
from foundation.aws.storage import gallery_bucket
from foundation.collections import DEFAULT
from foundation.config import Settings
from foundation.errors import ObjectMissing

SAME_FACE = 0.5
"""As a share of both boxes together: two looks at one face differ by a few pixels."""


async def embedded_again(request: HttpRequest, face: Face, settings: Settings) -> tuple[Job, int]:
    """The job that looked at the face's picture again, and the face's number in it.

    The caller forgets the job (`faceweb.jobs.erasing.forget_enrolment`). Raises NoUsableFace.
    """

    def accept(ids: Sequence[uuid.UUID]) -> list[Job]:
        return [_sent(face, ids[0], settings)]

    [job] = await submit_and_wait(request, accept, 1, settings.result_timeout_seconds)
    try:
        return job, await run_in_thread(_same_face, face, job)
    except NoUsableFace:
        await run_in_thread(forget_enrolment, job, settings)
        raise


def _sent(face: Face, job_id: uuid.UUID, settings: Settings) -> Job:
    try:
        upload = checked_upload(*_picture_of(face, settings), settings)
    except (ObjectMissing, UploadRefused):
        raise NoUsableFace("Its picture was deleted, so it can't be an example.") from None
    bucket = gallery_bucket(settings)
    job = store_privately(JobKind.EMBED, job_id, bucket, upload, collection=_collection_of(face))
    enqueue(job, send_task)
    return job


def _collection_of(face: Face) -> str:
    return (face.job.collection_id if face.job else None) or DEFAULT


def _picture_of(face: Face, settings: Settings) -> tuple[str, bytes]:
    """Name and content of the picture, or of the video's frame. Raises ObjectMissing."""
    if face.video is not None:
        return f"{face.video.filename}.jpg", frame_picture(face.video, face.frame or 0, settings)
    assert face.job is not None  # noqa: S101 - a face is of a picture or of a video
    return face.job.filename, bucket_of(face.job, settings).get(face.job.input_key)


def _same_face(face: Face, job: Job) -> int:
    if not job.is_final:
        raise NoUsableFace("No worker looked at it in time, so it is no example: try again later.")
    found = max(job.faces.all(), key=lambda one: _overlap(one, face), default=None)
    if found is None or _overlap(found, face) < SAME_FACE:
        raise NoUsableFace("The face was not found again, so it is no example.")
    return found.number


def _overlap(one: Face, other: Face) -> float:
    """Intersection over union of two boxes."""
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    common = max(width, 0.0) * max(height, 0.0)
    areas = [(box.right - box.left) * (box.bottom - box.top) for box in (one, other)]
    return common / max(sum(areas) - common, 1e-9)
