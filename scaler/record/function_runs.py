"""The runs of functions as rows: begun by the scaler, ended by what the function reports.

Lambda has no list of what runs. A run that reports no end is over after its time limit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.db.models import DurationField, F, Sum
from django.utils import timezone

from foundation.fleet.function_reports import FunctionReport
from scaler.models import Kind, Lifeline
from scaler.record.lifelines import moment, usual_start

log = structlog.get_logger()

STARTS_COUNTED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionsSeen:
    """What one look shows, by the names of `Observation`; None where there are no functions.

    `seconds_today` are billed since midnight (UTC), as far as is known.
    """

    running: int | None = None
    allowed: int | None = None
    seconds_today: float | None = None
    start_seconds: float | None = None


def begin(name: str, now: float) -> None:
    """Note a run before it is invoked: what is not counted is invoked again."""
    Lifeline.objects.create(pk=name, kind=Kind.FUNCTION, launched_at=moment(now))


def never_began(name: str) -> None:
    """Forget a run that Lambda refused."""
    Lifeline.objects.filter(pk=name).delete()


def note_reports(reports: Sequence[FunctionReport]) -> None:
    """Write down what functions say of their runs. Twice, or in another order, is the same."""
    now = timezone.now()
    for report in reports:
        run = Lifeline.objects.filter(pk=report.function, kind=Kind.FUNCTION)
        run.filter(ready_at=None).update(ready_at=now)
        if report.ended_at is not None:
            run.filter(answered=None).update(ended_at=now, answered=report.answered)


def look(
    now: float,
    most: int,
    longest_seconds: float,
    silent_seconds: float,
    last_busy: Mapping[str, float],
) -> FunctionsSeen:
    """Count what runs, and forget what is over its time, or says nothing. Raises DatabaseError.

    Parameters:
        most: functions that may run at once.
        silent_seconds: no run that works is longer without an answer: it ends when nothing waits.
        last_busy: each run's last answer, as epoch seconds.
    """
    _forget_lost(now, longest_seconds)
    _forget_silent(now, silent_seconds, last_busy)
    runs = Lifeline.objects.filter(kind=Kind.FUNCTION)
    began = list(runs.filter(ended_at=None).values_list("launched_at", flat=True))
    so_far = sum((moment(now) - one for one in began), timedelta())
    return FunctionsSeen(
        running=len(began),
        allowed=max(most - len(began), 0),
        seconds_today=(so_far + _ended_today(now)).total_seconds(),
        start_seconds=usual_start(Kind.FUNCTION, STARTS_COUNTED),
    )


def _ended_today(now: float) -> timedelta:
    midnight = moment(now).replace(hour=0, minute=0, second=0, microsecond=0)
    ended = Lifeline.objects.filter(kind=Kind.FUNCTION, ended_at__gte=midnight)
    took = Sum(F("ended_at") - F("launched_at"), output_field=DurationField())
    return ended.aggregate(took=took)["took"] or timedelta()


def _forget_lost(now: float, longest_seconds: float) -> None:
    limit = timedelta(seconds=longest_seconds)
    lost = Lifeline.objects.filter(
        kind=Kind.FUNCTION, ended_at=None, launched_at__lt=moment(now) - limit
    )
    for name, began in list(lost.values_list("pk", "launched_at")):
        Lifeline.objects.filter(pk=name, ended_at=None).update(ended_at=began + limit)
        log.warning("function_lost", function=name, seconds=longest_seconds)


def _forget_silent(now: float, seconds: float, last_busy: Mapping[str, float]) -> None:
    """A run whose process was killed reports no end, and pictures may wait for it."""
    began = Lifeline.objects.filter(
        kind=Kind.FUNCTION, ended_at=None, ready_at__lt=moment(now - seconds)
    )
    for name in began.values_list("pk", flat=True):
        if last_busy.get(name, 0.0) < now - seconds:
            Lifeline.objects.filter(pk=name, ended_at=None).update(ended_at=moment(now))
            log.warning("function_lost", function=name, seconds=seconds)
