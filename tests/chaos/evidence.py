"""Looks at what is there at the end: database, S3, queues. Past the proxy, straight at them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from django.db import connections

from faceweb.models import DeadLetter, Job, JobKind
from faceweb.replies import queues
from foundation import aws, messages
from foundation.config import Settings
from foundation.fleet.functions import FUNCTION_PREFIX
from scaler.models import Kind, Lifeline
from tests.chaos.values import Ending, Evidence, FunctionsSeen, Row


def open_work(settings: Settings) -> int:
    """Jobs without an end, and messages on the request and the response queue."""
    connections.close_all()  # the database may have been restarted since the last look
    unfinished = Job.objects.exclude(state__in=(messages.SUCCEEDED, messages.FAILED)).count()
    requests, replies = queues.request_queue(settings), queues.response_queue(settings)
    return unfinished + requests.depth().total + replies.depth().total


def gather(settings: Settings) -> Evidence:
    """Everything but the processes that are left over, which are seen after the stop."""
    connections.close_all()
    jobs = Job.objects.filter(kind=JobKind.RECOGNISE).prefetch_related("dead_letters")
    return Evidence(
        rows=tuple(_row(job) for job in jobs),
        pictures={key: _hash(body) for key, body in _objects(settings.in_bucket, settings)},
        answers={key: body.decode() for key, body in _objects(settings.out_bucket, settings)},
        open_requests=queues.request_queue(settings).depth().total,
        open_replies=queues.response_queue(settings).depth().total,
        dead_letters=queues.dead_letter_queue(settings).depth().total,
        noted_dead_letters=DeadLetter.objects.count(),
        functions=_functions(),
    )


def _functions() -> FunctionsSeen:
    runs = Lifeline.objects.filter(kind=Kind.FUNCTION)
    return FunctionsSeen(
        runs=runs.count(),
        lost=runs.filter(answered=None).count(),
        answered=Job.objects.filter(instance_id__startswith=FUNCTION_PREFIX).count(),
    )


def _row(job: Job) -> Row:
    return Row(
        job_id=str(job.pk),
        filename=job.filename,
        is_final=job.is_final,
        ending=Ending(state=job.state, text=job.error_kind or job.result),
        sha256=job.sha256,
        input_key=job.input_key,
        output_key=job.output_key,
        dead_letter_reasons=tuple(letter.reason for letter in job.dead_letters.all()),
    )


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _objects(bucket: str, settings: Settings) -> Iterator[tuple[str, bytes]]:
    s3: Any = aws.client("s3", settings)
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for found in page.get("Contents", []):
            yield found["Key"], s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read()
