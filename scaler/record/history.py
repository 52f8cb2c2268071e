"""What was seen and decided, kept for a week: to look at, to plot, and to ask the policy again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar, cast

from pydantic import TypeAdapter

from scaler.deciding.values import Decision, Limits, Observation, Phase, State
from scaler.models import Lifeline, Look
from scaler.record.lifelines import Lifelines

SAMPLE_SECONDS = 10.0
KEPT = timedelta(days=7)
PRUNE_SECONDS = 3600.0

Recorded = Observation | State | Limits | Decision

_ADAPTERS: dict[type, TypeAdapter[Recorded]] = {
    kind: TypeAdapter(kind) for kind in (Observation, State, Limits, Decision)
}


def to_json(value: Recorded) -> dict[str, object]:
    """A value as plain JSON."""
    plain: dict[str, object] = _ADAPTERS[type(value)].dump_python(value, mode="json")
    return plain


T = TypeVar("T", Observation, State, Limits, Decision)


def from_json(kind: type[T], plain: object) -> T:
    """The value again. Raises pydantic's ValidationError."""
    return cast("T", _ADAPTERS[kind].validate_python(plain))


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedDecision:
    """One call of the policy: what it was given, and what it said. `refused` is why EC2 launched
    nothing at the last try, by its code."""

    observation: Observation
    state: State
    limits: Limits
    decision: Decision
    refused: str = ""


class StoredHistory:
    """Keeps in the database what changed something, and a sample every ten seconds."""

    def __init__(self, scaler: str) -> None:
        self._scaler = scaler
        self._sampled_at = 0.0
        self._pruned_at = 0.0
        self._lifelines = Lifelines()

    def record(self, step: RecordedDecision) -> None:
        """Keep a step that changes something; of others a sample."""
        now = step.observation.now
        self._lifelines.note(step.observation)
        changed = step.decision.changes_something
        if not changed and now - self._sampled_at < SAMPLE_SECONDS:
            return
        if not changed:
            self._sampled_at = now
        _row(step, self._scaler).save()
        if now - self._pruned_at >= PRUNE_SECONDS:
            self._pruned_at = now
            prune(datetime.fromtimestamp(now, UTC))


def prune(now: datetime) -> int:
    """Delete what is older than a week. Returns how many."""
    Lifeline.objects.filter(ended_at__lt=now - KEPT).delete()
    return Look.objects.filter(at__lt=now - KEPT).delete()[0]


def _row(step: RecordedDecision, scaler: str) -> Look:
    seen, decision = step.observation, step.decision
    return Look(
        at=datetime.fromtimestamp(seen.now, UTC),
        scaler=scaler,
        changed=decision.changes_something,
        reason=decision.reason[:500],
        refused=step.refused[:80],
        visible=seen.visible,
        in_flight=seen.in_flight,
        outstanding=seen.outstanding,
        booting=_count(seen, Phase.BOOTING),
        ready=_count(seen, Phase.READY),
        leaving=_count(seen, Phase.DRAINING, Phase.ENDED),
        functions=seen.functions_running,
        wanted=decision.wanted,
        launched=decision.launch,
        functions_started=decision.start_functions,
        asked_to_stop=len(decision.drain),
        terminated=len(decision.terminate),
        observation=to_json(seen),
        state=to_json(step.state),
        limits=to_json(step.limits),
        decision=to_json(decision),
    )


def _count(seen: Observation, *phases: Phase) -> int | None:
    if seen.instances is None:
        return None
    return sum(one.phase in phases for one in seen.instances)


def steps(rows: Iterable[Look]) -> Iterator[RecordedDecision]:
    """Stored looks as the values they were made from."""
    for row in rows:
        yield RecordedDecision(
            observation=from_json(Observation, row.observation),
            state=from_json(State, row.state),
            limits=from_json(Limits, row.limits),
            decision=from_json(Decision, row.decision),
        )
