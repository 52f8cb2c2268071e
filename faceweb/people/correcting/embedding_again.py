"""What a face looks like, asked of the workers again: rows keep it only while a face is unknown."""

from functools import partial

from django.http import HttpRequest

from faceweb.intake.asking import embedded
from faceweb.intake.uploads import Upload, UploadRefused, checked_upload
from faceweb.jobs.erasing import forget_enrolment
from faceweb.jobs.pictures import bucket_of
from faceweb.models import Face, Job
from faceweb.people.correcting.naming import NoUsableFace
from faceweb.replies.threads import run_in_thread
from faceweb.videos.pictures import frame_picture
from foundation.collections import DEFAULT
from foundation.config import Settings
from foundation.errors import ObjectMissing

SAME_FACE = 0.5
"""As a share of both boxes together: two looks at one face differ by a few pixels."""


async def embedded_again(request: HttpRequest, face: Face, settings: Settings) -> tuple[Job, int]:
    """The job that looked at the face's picture again, and the face's number in it.

    The caller forgets the job (`faceweb.jobs.erasing.forget_enrolment`). Raises NoUsableFace.
    """
    seen_in = face.job or face.video
    collection = (seen_in.collection_id if seen_in else None) or DEFAULT
    job = await embedded(request, partial(_upload_of, face, settings), collection)
    try:
        return job, await run_in_thread(_same_face, face, job)
    except NoUsableFace:
        await run_in_thread(forget_enrolment, job, settings)
        raise


def _upload_of(face: Face, settings: Settings) -> Upload:
    """The face's picture, or frame of a video."""
    try:
        if face.video is not None:
            content = frame_picture(face.video, face.frame or 0, settings)
            return checked_upload(f"{face.video.filename}.jpg", content, settings)
        assert face.job is not None  # noqa: S101 - a face is of a picture or of a video
        content = bucket_of(face.job, settings).get(face.job.input_key)
        return checked_upload(face.job.filename, content, settings)
    except (ObjectMissing, UploadRefused):
        raise NoUsableFace("Its picture was deleted, so it can't be an example.") from None


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
    return common / max(one.area + other.area - common, 1e-9)
