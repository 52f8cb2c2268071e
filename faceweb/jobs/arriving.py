"""Pictures that clients send to S3 themselves: what they may send, and what its arrival starts.

S3 tells the response queue of an arrival, and any web process takes it from there. The object is
copied within S3 before anything else, because its sender could replace it for some minutes more.
No byte of it passes the web tier: the worker finds out whether it is a picture.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import unquote_plus

import structlog
from django.db import transaction
from django.utils import timezone

from faceweb.collections.limits import asked_of
from faceweb.jobs.names import safe_filename
from faceweb.jobs.submission import SendTask, enqueue
from faceweb.jobs.uploads import UploadRefused, too_large_sentence
from faceweb.models import Job, PendingUpload
from faceweb.replies.responses import JobOutcome, OnFinished, fail_job
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
"""Of one collection. Rows cost little, but a client in a loop makes them without end."""
AT_ONCE = 100
_KEY = re.compile(r"(?:collections/[0-9a-f]{12}/)?uploads/([0-9a-f-]{36})\.upload")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An object that somebody sent to S3."""

    key: str
    size_bytes: int


def arrivals_in(text: str) -> list[Arrival] | None:
    """What a message of S3 tells of; None where it is none of S3's."""
    try:
        told = json.loads(text)
        if told.get("Event") == "s3:TestEvent":
            return []
        objects = [record["s3"]["object"] for record in told["Records"]]
        return [Arrival(key=unquote_plus(one["key"]), size_bytes=one["size"]) for one in objects]
    except UNREADABLE:
        return None


def key_of(upload: PendingUpload) -> str:
    """Where its sender puts it."""
    return f"{folder_of(upload.collection_id or DEFAULT)}uploads/{upload.pk}{UPLOAD_ENDING}"


def allow(
    filename: str, options: Mapping[str, object], webhook: str, collection: str
) -> PendingUpload:
    """Note an upload that may come. Raises UploadRefused."""
    now = timezone.now()
    if PendingUpload.objects.filter(collection=collection).count() >= MOST_PENDING:
        raise UploadRefused(429, f"{MOST_PENDING} pictures may be on their way: send those first.")
    return PendingUpload.objects.create(
        collection_id=collection,
        filename=safe_filename(filename),
        options=asked_of(collection, options),
        webhook=webhook,
        created_at=now,
        expires_at=now + VALID,
    )


def take_message(text: str, send: SendTask, settings: Settings, told: OnFinished) -> bool:
    """Make jobs of what a message of S3 tells of. False of any other message."""
    arrivals = arrivals_in(text)
    for one in arrivals or ():
        told(arrived(one, in_bucket(settings), send, settings))
    return arrivals is not None


def arrived(
    arrival: Arrival, bucket: Bucket, send: SendTask, settings: Settings
) -> list[JobOutcome]:
    """Make the job of an object, and queue it. Told again, it changes nothing.

    An object that nobody waits for (any more) is deleted. Raises botocore's errors.
    """
    found = _KEY.fullmatch(arrival.key)
    if found is None:
        return []  # somebody's picture that happens to be called so
    upload = PendingUpload.objects.filter(pk__in=_ids(found[1])).first()
    if upload is None or key_of(upload) != arrival.key:
        bucket.delete(arrival.key)
        return []
    folder = arrival.key.removesuffix(UPLOAD_ENDING)
    try:
        bucket.copy(arrival.key, f"{folder}/{upload.filename}")
    except ObjectMissing:
        return []  # another process has it
    job = _job_of(upload, f"{folder}/{upload.filename}", arrival.size_bytes)
    bucket.delete(arrival.key)
    if job is None:
        return []
    if not 0 < arrival.size_bytes <= settings.max_upload_bytes:
        reason = too_large_sentence(settings) if arrival.size_bytes else "The file is empty."
        return fail_job(job.pk, messages.BAD_PICTURE, reason)
    enqueue(job, send)
    return []


def _job_of(upload: PendingUpload, key: str, size_bytes: int) -> Job | None:
    """The upload's job; None where another process was quicker."""
    with transaction.atomic():
        if not PendingUpload.objects.filter(pk=upload.pk).delete()[0]:
            return None
        job = Job.objects.create(
            id=upload.pk, collection_id=upload.collection_id, filename=upload.filename,
            input_key=key, output_key=messages.answer_key(key), options=upload.options,
            size_bytes=size_bytes, created_at=timezone.now(),
        )  # fmt: skip
        if upload.webhook:
            register(job, upload.webhook)
    log.info("job_accepted", job_id=str(job.id), kind=str(job.kind), bytes=size_bytes)
    return job


def _ids(text: str) -> list[uuid.UUID]:
    try:
        return [uuid.UUID(text)]
    except ValueError:
        return []


def look_after(bucket: Bucket, send: SendTask, settings: Settings, now: datetime) -> None:
    """End uploads that are over: one that came without S3 telling of it is taken, the others are
    forgotten. Raises botocore's errors."""
    for upload in PendingUpload.objects.filter(expires_at__lt=now - LATE)[:AT_ONCE]:
        size_bytes = bucket.size(key_of(upload))
        if size_bytes is None:
            upload.delete()
        else:
            arrived(Arrival(key=key_of(upload), size_bytes=size_bytes), bucket, send, settings)
