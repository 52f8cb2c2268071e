"""Replies become rows, once: the first reply to a job wins."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from django.db import transaction
from django.utils import timezone

from faceweb.models import OPEN_STATES, Face, Job, has_ended
from faceweb.people.faces.face_rows import insert_faces, rows_of_reply
from faceweb.people.faces.known_people import erased_among, without_erased
from faceweb.replies.statements import Update
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


OnFinished = Callable[[Sequence[JobOutcome]], None]


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
        written = [_written(without_erased(by_job[one], erased)) for one in sorted(by_job)]
        insert_faces([face for one in written for face in _faces_of(one)])
    return [one.outcome for one in written if one.outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """What became of a reply. `job` is set only where this reply ended the job."""

    reply: messages.Reply
    outcome: JobOutcome | None
    job: JobOfReply | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOfReply:
    """A job that has just ended, and when it was accepted and answered."""

    kind: str
    accepted_at: datetime
    answered_at: datetime


def _faces_of(written: _Written) -> list[Face]:
    job = written.job
    if job is None:
        return []
    return rows_of_reply(written.reply, job.kind, job.accepted_at, job.answered_at)


def _written(reply: messages.Reply) -> _Written:
    """Write the reply's job down; its outcome may be that of an earlier reply, or none."""
    job = write_answer(reply, timezone.now())
    if job is not None:
        metrics.observe_reply(reply, job.answered_at)
        _log_answer(reply, (job.answered_at - job.accepted_at).total_seconds())
        return _Written(reply=reply, outcome=_told(reply), job=job)
    earlier = Job.objects.filter(pk=reply.job_id).first()
    if earlier is None:
        log.warning("reply_without_job", job_id=str(reply.job_id))
    return _Written(reply=reply, outcome=outcome_of(earlier) if earlier else None)


def _told(reply: messages.Reply) -> JobOutcome:
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
    only_if="state IN (%s, %s)",
    written_as={
        # Of a reply without a size, the one that the upload had stays.
        "width": "COALESCE(NULLIF(%s, 0), width)",
        "height": "COALESCE(NULLIF(%s, 0), height)",
    },
    returning=("kind", "created_at"),
)  # fmt: skip


def write_answer(reply: messages.Reply, answered_at: datetime) -> JobOfReply | None:
    """End the reply's job, and tell of it; None where it is not open (any more).

    One statement finds out whether the job is open, and changes it: of two replies at the same
    moment only one can win.
    """
    ended = _answer(
        reply.job_id, {**_answer_fields(reply), "answered_at": answered_at}, OPEN_STATES
    )
    if ended is None:
        return None
    kind, accepted_at = ended
    return JobOfReply(kind=kind, accepted_at=accepted_at, answered_at=answered_at)


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
    fields = ("id", "state", "result", "error_kind", "error")
    return [outcome_of(job) for job in jobs.only(*fields)]


def filled_up(ids: list[uuid.UUID]) -> list[uuid.UUID]:
    """The same ids, the last of them repeated up to the next power of two. So for up to 1,024
    waiting clients a database sees eleven statements, which it keeps."""
    length = 1 << (len(ids) - 1).bit_length() if ids else 0
    return ids + ids[-1:] * (length - len(ids))
