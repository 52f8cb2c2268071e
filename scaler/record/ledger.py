"""What the database knows exactly: open jobs, arrivals, service times, who answered last.

The jobs are the web tier's, which stands above: it gives its table as the setting `SCALER_LEDGER`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

SERVICE_SAMPLES = 50
EXCLUDE_ONE_IN = 10
"""One in ten of the longest and of the shortest service times is left out of the mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerReading:
    """One look at the jobs. `last_busy` is each instance's last answer, as epoch seconds."""

    outstanding: int | None = None
    arrived: int | None = None
    service_seconds: float | None = None
    function_service_seconds: float | None = None
    last_busy: Mapping[str, float] = field(default_factory=dict)


class JobLedger(Protocol):
    """Where exact numbers come from."""

    def read(self, since: float, now: float) -> LedgerReading:
        """Jobs that are open now, and those that came after `since`. Raises Unseen."""

    def has_open(self) -> bool:
        """Whether a job waits. Raises Unseen."""

    def next_follows(self, since: float, within_seconds: float) -> bool:
        """Whether the oldest open job was sent after a moment, and so soon after the newest answer.
        Raises Unseen."""


Answer = tuple[str, datetime | None, datetime | None, datetime | None]
"""Instance id; when work began and ended by the worker's clock; when the answer was collected."""


def mean_service(answers: list[Answer]) -> float | None:
    """Mean seconds of work, without the extremes: a cold worker's first picture is not typical."""
    timed = [(ended - began).total_seconds() for _, began, ended, _ in answers if began and ended]
    took = sorted(timed[:SERVICE_SAMPLES])
    cut = len(took) // EXCLUDE_ONE_IN
    typical = took[cut : len(took) - cut]
    return max(sum(typical) / len(typical), 0.001) if typical else None


def last_answers(answers: list[Answer]) -> dict[str, float]:
    """Each instance's last answer, by the collector's clock: a worker's may be wrong."""
    last: dict[str, float] = {}
    for instance, _, _, collected in answers:
        if instance and collected:
            last[instance] = max(last.get(instance, 0.0), collected.timestamp())
    return last


def forget_after(resend_after_seconds: float, max_sends: int) -> float:
    """When the web tier has given a job up for certain, plus one round."""
    return resend_after_seconds * (max_sends + 1)
