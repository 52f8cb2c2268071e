"""Replies become rows, once: the first reply to a job wins."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from django.db import transaction
from django.utils import timezone

from faceweb.models import Job, has_ended
from faceweb.people.faces.face_rows import insert_faces, rows_of_reply
from faceweb.people.faces.known_people import erased_among, without_erased
from faceweb.replies.statements import Select, Update
from faceweb.watch import metrics
from foundation import messages

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOutcome:
    """What a waiter needs to know about a finished job."""

    job_id: uuid.UUID
    state: str
    result: str
    error_kind: str
    error: str


OUTCOME = ("id", "state", "result", "error_kind", "error")
"""The fields of a job that make its outcome."""
OnFinished = Callable[[Sequence[JobOutcome]], None]

lock_jobs = Select(Job, *OUTCOME, "kind", "created_at", lock=True)
"""Of two replies at the same moment only one can win. The order is always the same."""


def outcome_of(job: Job) -> JobOutcome:
    """The part of a finished job that its waiter gets."""
    return JobOutcome(
        job_id=job.id,
        state=job.state,
        result=job.result,
        error_kind=job.error_kind,
        error=job.error,
    )


def record_replies(replies: Sequence[messages.Reply]) -> list[JobOutcome]:
    """Write replies down in one transaction. The first reply to a job wins.

    Returns the outcomes of all jobs that were named, also of those that had one before.
    """
    by_job = {reply.job_id: reply for reply in reversed(replies)}
    with transaction.atomic():
        erased = erased_among(list(by_job.values()))
        jobs = lock_jobs(by_job)
        answers = [without_erased(by_job[job.id], erased) for job in jobs if not job.is_final]
        answered_at = timezone.now()
        write_answers(answers, answered_at)
        ended = {reply.job_id: reply for reply in answers}
        insert_faces(
            face
            for job in jobs
            if (reply := ended.get(job.id))
            for face in rows_of_reply(reply, job.kind, job.created_at, answered_at)
        )
    for one in by_job.keys() - {job.id for job in jobs}:
        log.warning("reply_without_job", job_id=str(one))
    for job in jobs:
        if reply := ended.get(job.id):
            metrics.observe_reply(reply, answered_at)
            _log_answer(reply, (answered_at - job.created_at).total_seconds())
    return [
        _outcome_of_reply(ended[job.id]) if job.id in ended else outcome_of(job) for job in jobs
    ]


def _outcome_of_reply(reply: messages.Reply) -> JobOutcome:
    return JobOutcome(
        job_id=reply.job_id,
        state=reply.state,
        result=reply.answer,
        error_kind=reply.error_kind,
        error=reply.error,
    )


def _log_answer(reply: messages.Reply, seconds: float) -> None:
    """The last of the three lines that one picture leaves: accepted, done, answered."""
    log.info(
        "job_answered",
        job_id=str(reply.job_id),
        state=reply.state,
        instance_id=reply.instance_id,
        seconds=round(seconds, 3),
    )


_answer = Update(
    Job,
    (
        "state", "result", "distance", "width", "height", "model", "gallery_version",
        "instance_id", "worker", "started_at", "finished_at", "stage_milliseconds", "error_kind",
        "error", "answered_at",
    ),
    # Of a reply without a size, the one that the upload had stays.
    {name: f"COALESCE(NULLIF(%s, 0), {name})" for name in ("width", "height")},
)  # fmt: skip


def write_answers(replies: Sequence[messages.Reply], answered_at: datetime) -> None:
    """End the jobs of replies, which are open and locked."""
    _answer({one.job_id: {**_answer_fields(one), "answered_at": answered_at} for one in replies})


def _answer_fields(reply: messages.Reply) -> dict[str, object]:
    """What a reply says of its job, by the names of the job's fields."""
    distances = [face.distance for face in reply.faces if face.distance is not None]
    return {
        "state": reply.state,
        "result": reply.answer,
        "distance": distances[0] if distances else None,
        "width": reply.width,
        "height": reply.height,
        "model": reply.model,
        "gallery_version": reply.gallery_version,
        "instance_id": reply.instance_id,
        "worker": reply.worker,
        "started_at": _moment(reply.started_at),
        "finished_at": _moment(reply.finished_at),
        "stage_milliseconds": dict(reply.stage_milliseconds),
        "error_kind": reply.error_kind,
        "error": reply.error,
    }


def _moment(seconds: float | None) -> datetime | None:
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def fail_job(job_id: uuid.UUID, kind: str, reason: str) -> list[JobOutcome]:
    """End a job that will get no reply any more, unless it has ended already."""
    return record_replies(
        [messages.Reply(job_id=job_id, state=messages.FAILED, error_kind=kind, error=reason)]
    )


def finished_among(job_ids: Iterable[uuid.UUID]) -> list[JobOutcome]:
    """Outcomes of those jobs that are finished, no matter which process wrote them."""
    jobs = Job.objects.filter(has_ended(), pk__in=filled_up(list(job_ids))).order_by()
    return [outcome_of(job) for job in jobs.only(*OUTCOME)]


def filled_up(ids: list[uuid.UUID]) -> list[uuid.UUID]:
    """The same ids, the last of them repeated up to the next power of two. So for up to 1,024
    waiting clients a database sees eleven statements, which it keeps."""
    length = 1 << (len(ids) - 1).bit_length()
    return ids + ids[-1:] * (length - len(ids))
