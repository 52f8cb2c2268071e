"""Decisions and fleets as text for people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from scaler.deciding.values import Decision, Observation, Phase, State
from scaler.models import Kind

UNKNOWN = "?"
COLOURS = {Phase.READY: "green", Phase.BOOTING: "yellow", Phase.DRAINING: "cyan"}


def decision_text(decision: Decision, seen: Observation, state: State) -> str:
    """A decision and what it was made from, in three lines."""
    return "\n".join(
        (f"Seen      {_observed(seen)}", _estimates(state), f"Decision  {_what(decision)}")
    )


def _observed(seen: Observation) -> str:
    fleet = "fleet not seen"
    if seen.instances is not None:
        phases = [f"{len(seen.in_phase(phase))} {phase.value}" for phase in Phase]
        fleet = ", ".join(phases)
    return (
        f"queue {_number(seen.visible)} visible, {_number(seen.in_flight)} in flight; "
        f"{_number(seen.outstanding)} jobs unanswered; instances: {fleet}; "
        f"{_number(seen.functions_running)} functions"
    )


def _number(value: int | None) -> str:
    return UNKNOWN if value is None else str(value)


def _estimates(state: State) -> str:
    service = "not measured yet" if not state.service_seconds else f"{state.service_seconds:.3f} s"
    boot = "not measured yet" if not state.boot_seconds else f"{state.boot_seconds:.1f} s"
    return f"Learned   a picture takes {service}; a boot {boot}"


def _what(decision: Decision) -> str:
    return f"{action_text(decision)}: {decision.reason}"


def action_text(decision: Decision) -> str:
    """What a decision does, without its reason."""
    parts = []
    if decision.launch:
        parts.append(f"launch {decision.launch}")
    if decision.start_functions:
        parts.append(f"start {decision.start_functions} functions")
    if decision.drain:
        parts.append(f"let go {', '.join(decision.drain)}")
    if decision.terminate:
        parts.append(f"end {', '.join(decision.terminate)}")
    return "; ".join(parts) or "change nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetRow:
    """One instance, or one run of a function, as the live table shows it."""

    name: str
    id: str
    phase: Phase
    age_seconds: float
    silent_seconds: float | None
    place: str
    kind: str = Kind.INSTANCE


def fleet_view(rows: Sequence[FleetRow], seen: Observation, last: str, at: str) -> RenderableType:
    """The live table: what there is, what waits, and what was decided last."""
    counts = ", ".join(f"{len(seen.in_phase(phase))} {phase.value}" for phase in Phase)
    machines = f"{len(seen.instances or ())} instances: {counts}"
    functions = f"{_number(seen.functions_running)} functions"
    columns = ("Name", "Instance", "State", "Age", "Last answer", "Where")
    table = Table(*columns, title=f"{at}   {machines}; {functions}", title_justify="left")
    for row in rows:
        table.add_row(*_cells(row))
    queue = (
        f"Queue: {_number(seen.visible)} visible, {_number(seen.in_flight)} in flight. "
        f"Jobs unanswered: {_number(seen.outstanding)}."
    )
    return Group(table, queue, f"Last decision: {last}")


def _cells(row: FleetRow) -> tuple[RenderableType, ...]:
    silent = "none yet" if row.silent_seconds is None else f"{length(row.silent_seconds)} ago"
    state = Text(row.phase.value, style=COLOURS.get(row.phase, "dim"))
    return (row.name, row.id, state, length(row.age_seconds), silent, row.place)


def length(seconds: float) -> str:
    """A length of time as one says it: 42 s, 7 min 5 s, 3 h 20 min."""
    whole = max(int(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def fleet_json(rows: Sequence[FleetRow], seen: Observation, last: str) -> Mapping[str, object]:
    """The same for machines."""
    return {
        "instances": [_row_json(row) for row in rows if row.kind == Kind.INSTANCE],
        "functions": [_row_json(row) for row in rows if row.kind == Kind.FUNCTION],
        "visible": seen.visible,
        "in_flight": seen.in_flight,
        "outstanding": seen.outstanding,
        "last_decision": last,
    }


def _row_json(row: FleetRow) -> Mapping[str, object]:
    return {
        "name": row.name,
        "id": row.id,
        "state": row.phase.value,
        "age_seconds": round(row.age_seconds, 1),
        "place": row.place,
    }
