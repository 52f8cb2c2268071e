"""Pictures that clients send to S3 themselves: what they may send, and what its arrival starts.

S3 tells the response queue of an arrival, and any web process takes it from there. The object is
copied within S3 before anything else, because its sender could replace it for some minutes more.
No byte of it passes the web tier: the worker finds out whether it is a picture.
"""

import json
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import unquote_plus

import structlog
from botocore.exceptions import BotoCoreError, ClientError
from django.db import connection, transaction
from django.utils import timezone

from faceweb.collections.limits import with_threshold_of
from faceweb.intake.names import safe_filename
from faceweb.intake.submission import insert_jobs
from faceweb.intake.uploads import UploadRefused, too_large_sentence
from faceweb.jobs.departures import SendTask
from faceweb.models import Job, PendingUpload
from faceweb.replies.responses import JobOutcome, OnFinished, fail_job
from faceweb.replies.statements import InsertMany, Select, with_keys
from faceweb.replies.threads import run_in_threads
from faceweb.webhooks.delivery import register
from foundation import messages
from foundation.aws.provisioning import UPLOAD_ENDING
from foundation.aws.storage import Bucket, in_bucket
from foundation.collections import DEFAULT, folder_of
from foundation.config import Settings
from foundation.errors import UNREADABLE, ObjectMissing

log = structlog.get_logger()

VALID = timedelta(minutes=5)
LATE = timedelta(minutes=2)
"""An upload may end so long after it was too late to begin one."""
MOST_PENDING = 1000
"""Of one collection. Rows cost little, but a client in a loop makes them without end. No lock is
held while they are counted: requests at the same time may pass it by 100 each, for minutes."""
AT_ONCE = 100
_KEY = re.compile(r"(?:collections/[0-9a-f]{12}/)?uploads/([0-9a-f-]{36})\.upload")

insert_uploads, read_uploads = InsertMany(PendingUpload), Select(PendingUpload)


class Announced(Protocol):
    """A picture that a client will send. `webhook`, if set, gets a message when its job has
    ended."""

    filename: str
    webhook: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An object that somebody sent to S3."""

    key: str
    size_bytes: int


def arrivals_in(text: str) -> list[Arrival] | None:
    """What a message of S3 tells of; None where it is none of S3's."""
    try:
        event = json.loads(text)
        if event.get("Event") == "s3:TestEvent":
            return []
        objects = [record["s3"]["object"] for record in event["Records"]]
        return [Arrival(key=unquote_plus(one["key"]), size_bytes=one["size"]) for one in objects]
    except UNREADABLE:
        return None


def key_of(upload: PendingUpload) -> str:
    """Where its sender puts it."""
    return f"{folder_of(upload.collection_id or DEFAULT)}uploads/{upload.pk}{UPLOAD_ENDING}"


def allow(
    pictures: Sequence[Announced], options: Mapping[str, object], collection: str
) -> list[PendingUpload]:
    """Note uploads that may come. Raises UploadRefused."""
    now, options = timezone.now(), with_threshold_of(collection, options)
    waiting = PendingUpload.objects.filter(collection=collection).count()
    if waiting + len(pictures) > MOST_PENDING:
        raise UploadRefused(429, f"{MOST_PENDING} pictures may be on their way: send those first.")
    uploads = [
        PendingUpload(
            collection_id=collection,
            filename=safe_filename(one.filename),
            options=options,
            webhook=one.webhook,
            created_at=now,
            expires_at=now + VALID,
        )
        for one in pictures
    ]
    insert_uploads(uploads)
    return uploads


def take_messages(
    texts: Sequence[str], send: SendTask, settings: Settings, on_finished: OnFinished
) -> list[bool]:
    """Make jobs of what messages of S3 tell of. False for each that is another message, and for one
    that is to come again, since S3 did not copy its object."""
    read = [arrivals_in(text) for text in texts]
    arrivals = [one for each in read for one in each or ()]
    ended, left = arrived(arrivals, in_bucket(settings), send, settings)
    on_finished(ended)
    return [each is not None and left.isdisjoint(one.key for one in each) for each in read]


def arrived(
    arrivals: Iterable[Arrival], bucket: Bucket, send: SendTask, settings: Settings
) -> tuple[list[JobOutcome], set[str]]:
    """Make the jobs of objects, and queue them. Told again, it changes nothing.

    All get their rows together, for a fourth of the processor's time. Objects that nobody waits for
    (any more) are deleted; a picture that happens to be called so stays. Returns jobs that ended by
    that, and the keys of objects that S3 did not copy. Raises botocore's other errors.
    """
    came = {one.key: one for one in arrivals if _KEY.fullmatch(one.key)}
    waited_for = {key_of(one): one for one in _expected(came) if key_of(one) in came}
    tried = run_in_threads(lambda key: _is_copied(waited_for[key], bucket), waited_for)
    copied = dict(zip(waited_for, tried, strict=True))
    left = {key for key, is_here in copied.items() if is_here is None}
    jobs = _jobs_of({waited_for[key]: came[key].size_bytes for key in copied if copied[key]})
    bucket.delete_several([key for key in came if copied.get(key, True)])
    fitting = [job for job in jobs if 0 < job.size_bytes <= settings.max_upload_bytes]
    send(*fitting)
    ended = [one for job in jobs if job not in fitting for one in _refused(job, settings)]
    return ended, left


def _expected(keys: Iterable[str]) -> list[PendingUpload]:
    found = [match for key in keys if (match := _KEY.fullmatch(key))]
    return read_uploads([each for match in found for each in _ids(match[1])])


def _is_copied(upload: PendingUpload, bucket: Bucket) -> bool | None:
    """Copy an upload to where it is kept. False where another process has it, and None where S3
    fails: that harms no other picture."""
    try:
        bucket.copy(key_of(upload), _place_of(upload))
    except ObjectMissing:
        return False
    except (BotoCoreError, ClientError) as error:
        log.warning("upload_not_copied", job_id=str(upload.pk), error=str(error))
        return None
    return True


def _place_of(upload: PendingUpload) -> str:
    return f"{key_of(upload).removesuffix(UPLOAD_ENDING)}/{upload.filename}"


def _jobs_of(sizes: Mapping[PendingUpload, int]) -> list[Job]:
    """The jobs of uploads, except where another process was quicker."""
    if not sizes:
        return []
    with transaction.atomic():
        claimed = _claimed(sizes)
        jobs = [_job_of(upload, sizes[upload]) for upload in claimed]
        insert_jobs(jobs)
        for upload, job in zip(claimed, jobs, strict=True):
            if upload.webhook:
                register([job], upload.webhook)
    for job in jobs:
        log.info("job_accepted", job_id=str(job.id), kind=str(job.kind), bytes=job.size_bytes)
    return jobs


def _claimed(uploads: Iterable[PendingUpload]) -> list[PendingUpload]:
    """Those whose rows this process deletes: no other makes their jobs."""
    by_key = {PendingUpload._meta.pk.get_db_prep_value(one.pk, connection): one for one in uploads}
    statement = "DELETE FROM {table} WHERE {keys} RETURNING id"
    rows = with_keys(PendingUpload, statement, sorted(one.pk for one in by_key.values()))
    return [by_key[key] for (key,) in rows]


def _job_of(upload: PendingUpload, size_bytes: int) -> Job:
    key = _place_of(upload)
    return Job(
        id=upload.pk, collection_id=upload.collection_id, filename=upload.filename,
        input_key=key, output_key=messages.answer_key(key), options=upload.options,
        size_bytes=size_bytes, created_at=timezone.now(),
    )  # fmt: skip


def _refused(job: Job, settings: Settings) -> list[JobOutcome]:
    reason = too_large_sentence(settings) if job.size_bytes else "The file is empty."
    return fail_job(job.pk, messages.BAD_PICTURE, reason)


def _ids(text: str) -> list[uuid.UUID]:
    try:
        return [uuid.UUID(text)]
    except ValueError:
        return []


def look_after(bucket: Bucket, send: SendTask, settings: Settings, now: datetime) -> None:
    """End uploads that are over: those that came without S3 telling of it are taken, the others are
    forgotten. Raises botocore's errors."""
    came = []
    for upload in PendingUpload.objects.filter(expires_at__lt=now - LATE)[:AT_ONCE]:
        size_bytes = bucket.size(key_of(upload))
        if size_bytes is None:
            upload.delete()
        else:
            came.append(Arrival(key=key_of(upload), size_bytes=size_bytes))
    arrived(came, bucket, send, settings)
