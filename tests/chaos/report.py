"""The table of a run: what each fault did to whom. Pure functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median

from foundation import messages
from tests.chaos.judgement import counts
from tests.chaos.values import LOST, WRONG, Finding, FunctionsSeen, Injection, Sent

SETTLE_SECONDS = 3.0
"""So long after its end a fault is still felt: what it killed is started again, and warms up."""

HEADINGS = ("fault", "injected", "pictures affected", "lost", "wrong", "worst extra delay")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one fault did. Pictures are affected when they were on their way while it lasted;
    faults overlap, so one picture may count for several."""

    fault: str
    injected: int
    affected: int
    lost: int
    wrong: int
    worst_extra_delay_seconds: float | None


def lines(
    injections: Sequence[Injection], sent: Sequence[Sent], findings: Sequence[Finding]
) -> list[Line]:
    """One line a fault, by name; of those injections that struck something."""
    usual = usual_seconds(injections, sent)
    struck: dict[str, list[Injection]] = {}
    for one in injections:
        struck.setdefault(one.fault, []).extend([one] if one.hits else [])
    return [_line(name, struck[name], sent, findings, usual) for name in sorted(struck)]


def never_struck(injections: Sequence[Injection]) -> list[str]:
    """Faults that were injected more than once and met nothing: what they wait for is not called
    any more, say. A run shows nothing of them."""
    times = Counter(one.fault for one in injections)
    struck = {one.fault for one in injections if one.hits}
    return sorted(fault for fault, count in times.items() if count > 1 and fault not in struck)


def _line(
    name: str,
    struck: Sequence[Injection],
    sent: Sequence[Sent],
    findings: Sequence[Finding],
    usual: float,
) -> Line:
    affected = [one for one in sent if any(is_affected(one, injection) for injection in struck)]
    names = {one.name for one in affected}
    delays = [seconds(one) - usual for one in affected if is_good(one)]

    def found(kind: str) -> int:
        return len({f.subject for f in findings if f.kind == kind and f.subject in names})

    return Line(
        fault=name, injected=len(struck), affected=len(affected), lost=found(LOST),
        wrong=found(WRONG),
        worst_extra_delay_seconds=round(max(delays), 1) if delays else None,
    )  # fmt: skip


def is_affected(one: Sent, injection: Injection) -> bool:
    """Whether a picture was on its way while a fault lasted, or just after."""
    return one.began <= injection.ended + SETTLE_SECONDS and one.ended >= injection.began


def is_good(one: Sent) -> bool:
    """Whether a picture can be answered; a bad one's delay is its own fault."""
    return all(ending.state == messages.SUCCEEDED for ending in one.right)


def seconds(one: Sent) -> float:
    """From the first try to the answer."""
    return one.ended - one.began


def usual_seconds(injections: Sequence[Injection], sent: Sequence[Sent]) -> float:
    """The median of pictures that no fault touched; of all, where there are none."""
    good = [one for one in sent if is_good(one)]
    calm = [one for one in good if not any(is_affected(one, fault) for fault in injections)]
    return median(seconds(one) for one in calm or good) if good else 0.0


def table(rows: Sequence[Line], left_out: Mapping[str, str]) -> str:
    """The lines as text, and what was left out with why."""
    cells = [HEADINGS, *(_cells(row) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEADINGS))]
    text = [
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]
    text.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join([*text, *(f"left out: {name}: {why}" for name, why in left_out.items())])


def _cells(row: Line) -> tuple[str, ...]:
    worst = row.worst_extra_delay_seconds
    delay = "-" if worst is None else f"{max(worst, 0.0):.1f} s"
    return (
        row.fault, str(row.injected), str(row.affected), str(row.lost), str(row.wrong), delay,
    )  # fmt: skip


def summary(sent: Sequence[Sent], injections: Sequence[Injection], run_seconds: float) -> str:
    """The run in three lines."""
    trouble = Counter(kind for one in sent for kind in one.trouble)
    tried = ", ".join(f"{kind} {count}" for kind, count in trouble.most_common()) or "none"
    took = sorted(seconds(one) for one in sent if is_good(one))
    slow = took[int(0.95 * (len(took) - 1))] if took else 0.0
    return (
        f"{len(sent)} pictures in {run_seconds:.0f} s; undisturbed they take "
        f"{usual_seconds(injections, sent):.2f} s, 95 % of all {slow:.1f} s or less\n"
        f"{sum(one.sends > 1 for one in sent)} clients had to send again; what all met: {tried}"
    )


def of_functions(seen: FunctionsSeen) -> str:
    """What functions did, in a line."""
    if not seen.answered:
        return f"functions: {seen.runs} ran and answered nothing, so nothing is known of them"
    return (
        f"functions: {seen.runs} ran and answered {seen.answered} pictures; {seen.lost} of them "
        "never said how they ended (killed, timed out, their report lost)"
    )


def as_json(
    rows: Sequence[Line],
    sent: Sequence[Sent],
    injections: Sequence[Injection],
    findings: Sequence[Finding],
    seed: int,
    run_seconds: float,
    functions: FunctionsSeen,
) -> dict[str, object]:
    """The run for machines."""
    return {
        "seed": seed,
        "seconds": round(run_seconds, 1),
        "pictures": len(sent),
        "injections": sum(one.hits > 0 for one in injections),
        "usual_seconds": round(usual_seconds(injections, sent), 3),
        **{kind.replace(" ", "_"): count for kind, count in counts(findings).items()},
        "functions": asdict(functions),
        "faults": [asdict(row) for row in rows],
        "findings": [asdict(finding) for finding in findings],
    }
