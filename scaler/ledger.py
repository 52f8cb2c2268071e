"""What the database knows exactly: open jobs, arrivals, service times, who answered last.

The jobs are the web tier's. The scaler stands below it and may not import it, so the table is
looked up by name when it is read; it is only ever read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from django.apps import apps
from django.db import DatabaseError

RECENT_ANSWERS = 200
SERVICE_SAMPLES = 50
EXCLUDED_SHARE = 10
"""One in ten of the longest and of the shortest service times is left out of the mean."""


class LedgerUnseen(Exception):
    """The jobs could not be read just now; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerReading:
    """One look at the jobs. `last_busy` is each instance's last answer, as epoch seconds."""

    outstanding: int
    arrived: int
    service_seconds: float | None = None
    last_busy: Mapping[str, float] = field(default_factory=dict)


class JobLedger(Protocol):
    """Where exact numbers come from."""

    def read(self, since: float, now: float) -> LedgerReading:
        """Jobs that are open now, and those that came after `since`. Raises LedgerUnseen."""


class JobTable:
    """The web tier's `Job` table.

    Parameters:
        forget_after_seconds: a job that was sent so long ago counts no more as outstanding; if
            its message is still on the queue, the queue's depth shows it.
    """

    def __init__(self, forget_after_seconds: float) -> None:
        self._forget_after_seconds = forget_after_seconds

    def read(self, since: float, now: float) -> LedgerReading:
        try:
            jobs = apps.get_model("faceweb", "Job").objects
            oldest = _moment(now - self._forget_after_seconds)
            succeeded = _answered(jobs, "succeeded")
            return LedgerReading(
                outstanding=jobs.filter(state="queued", sent_at__gt=oldest).count(),
                arrived=jobs.filter(created_at__gt=_moment(since)).count(),
                service_seconds=mean_service(succeeded),
                last_busy=last_answers([*succeeded, *_answered(jobs, "failed")]),
            )
        except (DatabaseError, LookupError) as error:
            raise LedgerUnseen(
                f"the database does not say what is open: {error} "
                "(manage.py migrate makes its tables)"
            ) from error


Answer = tuple[str, datetime | None, datetime | None, datetime | None]
"""Instance id; when work began and ended by the worker's clock; when the answer was collected."""


def _answered(jobs: Any, state: str) -> list[Answer]:
    """The newest answers, by way of the index on (state, last sent)."""
    newest = jobs.filter(state=state).order_by("-sent_at")
    fields = ("instance_id", "started_at", "finished_at", "answered_at")
    return list(newest.values_list(*fields)[:RECENT_ANSWERS])


def mean_service(answers: list[Answer]) -> float | None:
    """Mean seconds of work, without the extremes: a cold worker's first picture is not typical."""
    timed = [(ended - began).total_seconds() for _, began, ended, _ in answers if began and ended]
    took = sorted(timed[:SERVICE_SAMPLES])
    cut = len(took) // EXCLUDED_SHARE
    typical = took[cut : len(took) - cut]
    return max(sum(typical) / len(typical), 0.001) if typical else None


def last_answers(answers: list[Answer]) -> dict[str, float]:
    """Each instance's last answer, by the collector's clock: a worker's may be wrong."""
    last: dict[str, float] = {}
    for instance, _, _, collected in answers:
        if instance and collected:
            last[instance] = max(last.get(instance, 0.0), collected.timestamp())
    return last


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def forget_after(resend_after_seconds: float, max_sends: int) -> float:
    """When the web tier has given a job up for certain, plus one round."""
    return resend_after_seconds * (max_sends + 1)
