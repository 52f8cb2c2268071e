"""From a checked picture to a task on the request queue: S3, then the job row, then the queue.

In this order nothing that was accepted can be lost: a row without a task is found by the sweep.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress

import structlog
from django.db import connection
from django.utils import timezone

from faceweb.collections.limits import with_threshold_of
from faceweb.intake.names import candidate_keys
from faceweb.intake.uploads import Upload
from faceweb.jobs.departures import SendTask
from faceweb.jobs.history import NotOpen, cancel
from faceweb.jobs.pictures import OTHER, PRIVATE_FOLDERS
from faceweb.models import Job, PictureName
from faceweb.replies.patience import step_begins
from faceweb.replies.statements import InsertMany
from foundation.aws.storage import Bucket, gallery_bucket
from foundation.collections import DEFAULT, folder_of
from foundation.config import get_settings
from foundation.errors import NameTaken

log = structlog.get_logger()

TOO_LATE = "Storage took too long, so the picture had to be sent again."
insert_jobs = InsertMany(Job)


def submit(
    upload: Upload,
    job_id: uuid.UUID,
    bucket: Bucket,
    send: SendTask,
    options: Mapping[str, object] | None = None,
    collection: str = DEFAULT,
) -> Job:
    """Store the picture, write the job down, and queue it. Returns the job.

    `options` are those of `foundation.messages.RecogniseOptions` that the request asks for.

    Raises botocore's errors when S3 can't be reached: nothing was accepted then. An error of the
    queue is not raised, because the job is safe already and the sweep sends it later.
    """
    return write_and_queue(stored(upload, job_id, bucket, options, collection), send)


def write_and_queue(job: Job, send: SendTask) -> Job:
    """Write down the job of a picture that was stored, and queue it. Returns the job. Requests have
    `faceweb.intake.writing` do so."""
    insert_jobs([job])
    note_accepted(job)
    send(job)
    return job


def taken(pictures: Iterable[Job]) -> list[Job]:
    """Store pictures: each is stored as its job is asked for, a private one after that. Returns the
    jobs, which are to be written down.

    Where one fails, or the client was told meanwhile to send them again, all are given up. Raises
    what storing raises, and TimeoutError.
    """
    jobs = list[Job]()
    try:
        for job in pictures:
            jobs.append(job)
            step_begins()
        step_begins()
    except Exception:
        _give_up(jobs)
        raise
    return jobs


def _give_up(jobs: Sequence[Job]) -> None:
    take_back(jobs)
    named = [job for job in jobs if job.kind not in PRIVATE_FOLDERS]
    insert_jobs(named)  # others may have the same picture, so a row says what is to be erased
    for job in named:
        note_accepted(job, in_time=False)


def take_back(jobs: Iterable[Job]) -> None:
    """Delete private pictures whose jobs will not be written down."""
    keys = [key for job in jobs if job.kind in PRIVATE_FOLDERS for key in job.picture_keys]
    gallery_bucket(get_settings()).delete_several(keys)


def stored(
    upload: Upload,
    job_id: uuid.UUID,
    bucket: Bucket,
    options: Mapping[str, object] | None = None,
    collection: str = DEFAULT,
) -> Job:
    """Store the picture. Returns its job, which is to be written down."""
    step_begins()
    input_key, output_key = _store(upload, bucket, collection)
    return _job_of(
        upload, id=job_id, input_key=input_key, output_key=output_key,
        options=with_threshold_of(collection, options or {}), collection_id=collection,
    )  # fmt: skip


def stored_privately(
    kind: str,
    job_id: uuid.UUID,
    bucket: Bucket,
    upload: Upload,
    other: Upload | None = None,
    *,
    options: Mapping[str, object] | None = None,
    collection: str = DEFAULT,
) -> Iterator[Job]:
    """Give the job of pictures that nobody else is to find by name, and then store them: whatever
    happens, `taken` knows what to delete."""
    key = f"{folder_of(collection)}{PRIVATE_FOLDERS[kind]}{job_id}"
    other_key = key + OTHER if other else ""
    yield _job_of(
        upload, id=job_id, kind=kind, input_key=key, other_key=other_key,
        options=dict(options or {}), collection_id=collection,
    )  # fmt: skip
    bucket.put(key, upload.content, upload.content_type)
    if other:
        bucket.put(other_key, other.content, other.content_type)


def _job_of(upload: Upload, **fields: object) -> Job:
    return Job(
        filename=upload.filename,
        sha256=upload.sha256,
        size_bytes=len(upload.content),
        width=upload.width,
        height=upload.height,
        created_at=timezone.now(),
        **fields,
    )


def note_accepted(job: Job, *, in_time: bool = True) -> None:
    """Log a job that was written down, and cancel it where its client was told to send it again."""
    if not in_time:
        with suppress(NotOpen):
            cancel(job, TOO_LATE)
    log.info("job_accepted", job_id=str(job.id), kind=str(job.kind), bytes=job.size_bytes)


def _store(upload: Upload, bucket: Bucket, collection: str) -> tuple[str, str]:
    """Write the picture under the first free name; the same picture keeps the name it has."""
    for input_key, output_key in candidate_keys(upload.filename, upload.sha256, collection):
        wanted = (input_key, upload.sha256)
        if _holder_of(output_key, *wanted) != wanted:
            continue
        try:
            bucket.put_new(input_key, upload.content, upload.content_type, upload.sha256)
        except NameTaken:
            continue
        return input_key, output_key
    raise NameTaken(f"no name is free for {upload.filename}")


def _holder_of(output_key: str, input_key: str, sha256: str) -> tuple[str, str]:
    """Key and content hash of the picture that has this name: this one's, where it was free.

    One statement, which changes nothing of a name that is taken, for a third of what
    `get_or_create` takes with its four.
    """
    table = connection.ops.quote_name(PictureName._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (output_key, input_key, sha256) VALUES (%s, %s, %s) "  # noqa: S608 # nosec B608 - our own table
            "ON CONFLICT (output_key) DO UPDATE SET output_key = excluded.output_key "
            "RETURNING input_key, sha256",
            [output_key, input_key, sha256],
        )
        held_key, held_sha256 = cursor.fetchone()
    return held_key, held_sha256
