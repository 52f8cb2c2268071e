"""The fleet's last hours, asked of the database: looks, answers, lives, and decisions."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Count, FloatField, Func, IntegerField, Max, Min, Q, Value
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce
from django.db.models.sql.compiler import SQLCompiler

from faceweb.models import Job
from faceweb.watch.fleet_charts import SEEN, AnsweredStep, Span
from faceweb.watch.fleet_cost import Life
from scaler.deciding.values import State
from scaler.models import Lifeline, Look
from scaler.record.history import from_json


class EpochSeconds(Func):
    """A moment as whole seconds since the epoch."""

    arity = 1
    output_field: IntegerField = IntegerField()
    template = "CAST(FLOOR(EXTRACT(EPOCH FROM %(expressions)s)) AS BIGINT)"

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: str
    ) -> tuple[str, tuple[str | int, ...]]:
        """The same in SQLite's words."""
        text = "CAST(strftime('%%%%s', %(expressions)s) AS INTEGER)"
        return self.as_sql(compiler, connection, template=text, **extra)


class SecondsBetween(Func):
    """The seconds from one moment to another."""

    arity = 2
    output_field: FloatField = FloatField()
    template = "CAST(-EXTRACT(EPOCH FROM %(expressions)s) AS DOUBLE PRECISION)"
    arg_joiner = " - "

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: str
    ) -> tuple[str, tuple[str | int, ...]]:
        """The same in SQLite's words."""
        text = "(julianday(%(expressions)s)) * -86400.0"
        joiner = ") - julianday("
        return self.as_sql(compiler, connection, template=text, arg_joiner=joiner, **extra)


LOOKS_FOLDED = 400
CHANGES_SHOWN = 12


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _within(span: Span) -> tuple[datetime, datetime]:
    return _moment(span.since), _moment(span.until)


def _step_of(field: str, span: Span) -> CombinedExpression:
    """The start of the step that a moment is in, aligned as `Span` is."""
    size = Value(span.step, IntegerField())
    return EpochSeconds(field) / size * size


def seen_by_step(span: Span) -> dict[int, dict[str, int]]:
    """The most that the scaler saw in each step; a step in which it did not look is missing."""
    looks = Look.objects.filter(at__range=_within(span), visible__isnull=False).order_by()
    most = {f"most_{name}": Max(Coalesce(column, 0)) for name, column in SEEN.items()}
    grouped = looks.annotate(step=_step_of("at", span)).values("step").annotate(**most)
    rows = grouped.values_list("step", *most)
    return {step: dict(zip(SEEN, counts, strict=True)) for step, *counts in rows}


def answered_by_step(span: Span, promise_seconds: float) -> dict[int, AnsweredStep]:
    """What was answered in each step, and how long that took from the picture's arrival."""
    jobs = Job.objects.filter(answered_at__range=_within(span)).order_by()
    took = jobs.annotate(
        step=_step_of("answered_at", span), took=SecondsBetween("created_at", "answered_at")
    )
    rows = took.values("step").annotate(
        count=Count("pk"), slowest=Max("took"), late=Count("pk", Q(took__gt=promise_seconds))
    )
    return {
        row["step"]: AnsweredStep(
            count=row["count"], slowest=max(row["slowest"] or 0.0, 0.0), late=row["late"]
        )
        for row in rows
    }


def lives_within(span: Span) -> list[Life]:
    """The instances and functions that lived in this time, the newest first."""
    since, until = _within(span)
    lines = Lifeline.objects.filter(Q(ended_at=None) | Q(ended_at__gte=since))
    return [
        Life(id=name, kind=kind, launched=launched.timestamp(), ready=_epoch(ready),
             leaving=_epoch(leaving), ended=_epoch(ended))
        for name, kind, launched, ready, leaving, ended in lines.filter(launched_at__lte=until)
        .values_list("pk", "kind", "launched_at", "ready_at", "leaving_at", "ended_at")
    ]  # fmt: skip


def _epoch(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None


def known_since(span: Span) -> float:
    """When the scaler began to look, if that is within the time; else when the time begins."""
    first = Look.objects.aggregate(first=Min("at"))["first"]
    return max(span.since, first.timestamp()) if first else float(span.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A decision that changed something, or looks in a row that changed nothing, as one."""

    newest: Look
    since: datetime
    looks: int
    learned: State | None = None


def folded_decisions() -> list[Change]:
    """The newest decisions, the newest first: what changed nothing in between is folded."""
    looks = Look.objects.order_by("-at").defer("observation", "state", "limits", "decision")
    changes = fold(looks[:LOOKS_FOLDED])[:CHANGES_SHOWN]
    shown = Look.objects.filter(pk__in=[one.newest.pk for one in changes])
    states = dict(shown.values_list("pk", "state"))
    return [
        replace(one, learned=from_json(State, states[one.newest.pk]))
        for one in changes
        if one.newest.pk in states
    ]


def fold(looks: Iterable[Look]) -> list[Change]:
    """Looks, the newest first, with each row of them that changed nothing as one."""
    folded: list[Change] = []
    for look in looks:
        last = folded[-1] if folded else None
        if last and not look.changed and not last.newest.changed:
            folded[-1] = Change(newest=last.newest, since=look.at, looks=last.looks + 1)
        else:
            folded.append(Change(newest=look, since=look.at, looks=1))
    return folded
