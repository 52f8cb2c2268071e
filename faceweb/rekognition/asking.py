"""Questions to the workers; nothing of the pictures is kept once they are answered."""

import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from django.utils import timezone

from faceweb.intake.answering import submit_and_wait
from faceweb.intake.asking import privately
from faceweb.intake.uploads import Upload
from faceweb.jobs.erasing import forget_enrolment
from faceweb.models import Face, IndexedFace, Job, JobKind, JobState
from faceweb.rekognition.call import Call
from faceweb.rekognition.errors import Refusal, broken, busy
from faceweb.replies.threads import run_in_thread
from foundation import messages
from foundation.collections import folder_of

QUALITY = {"NONE": "none", "AUTO": "auto", "LOW": "auto", "MEDIUM": "strict", "HIGH": "strict"}


@asynccontextmanager
async def looked_at(
    call: Call,
    kind: JobKind,
    pictures: Sequence[Upload],
    collection: str,
    options: Mapping[str, object] | None = None,
) -> AsyncIterator[Job]:
    """The answered job of one picture, or of two that are compared. Raises Refusal."""
    store = privately(kind, lambda: pictures, collection, options)
    [job] = await submit_and_wait(call.request, store, 1, call.settings.result_timeout_seconds)
    try:
        yield answered(job)
    finally:
        await run_in_thread(forget_enrolment, job, call.settings)


def answered(job: Job) -> Job:
    """The job, which has succeeded. Raises Refusal."""
    if not job.is_final:
        raise busy()
    if job.state == JobState.SUCCEEDED:
        return job
    if job.error_kind == messages.BAD_PICTURE:
        raise Refusal("InvalidImageFormatException", job.error)
    raise broken()


async def searched(call: Call, face: IndexedFace, person_id: str, candidates: int) -> Face | None:
    """The example's own row with the people it is near to; None where the example is gone.

    Raises Refusal.
    """

    def search_of(ids: Sequence[uuid.UUID]) -> list[Job]:
        key = f"{folder_of(str(face.collection_id))}search/{person_id}/{face.example_id}"
        job = Job(
            pk=ids[0],
            kind=JobKind.SEARCH,
            collection_id=face.collection_id,
            input_key=key,
            picture_deleted=True,
            options={"candidates": candidates},
            created_at=timezone.now(),
        )
        return [job]

    [job] = await submit_and_wait(call.request, search_of, 1, call.settings.result_timeout_seconds)
    return await run_in_thread(answered(job).faces.first)
