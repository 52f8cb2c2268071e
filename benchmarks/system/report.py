"""The tables of a run."""

from __future__ import annotations

from rich.console import Group
from rich.table import Table

from benchmarks.console import table as new_table
from benchmarks.system import figures
from benchmarks.system.figures import Latency, PathCost, Speed
from benchmarks.system.measuring import Measured


def tables(measured: Measured) -> Group:
    """What a person reads."""
    rounds, plan = measured.rounds, measured.plan
    load = f"{plan.pictures} distinct pictures from {plan.concurrency} clients"
    return Group(
        _speed_table(
            figures.speed(rounds, measured.cores),
            f"{load}, {measured.cores} cores, model {measured.model}, medians of {plan.rounds}",
        ),
        _cost_table(figures.path_cost(rounds)),
        _latency_table([figures.latency(one) for one in (measured.idle, *measured.waiting)]),
        _others_table(
            [figures.latency(one) for one in (rounds[0].load, measured.idle, *measured.others)]
        ),
        f"{figures.errors(measured)} answers are not as the recogniser alone gives them.",
    )


def _speed_table(speed: Speed, title: str) -> Table:
    table = new_table(title, "pictures per second", "", "of the recogniser alone")
    table.add_row("the recogniser alone", f"{speed.bare:.1f}", "100%")
    table.add_row("HTTP to HTTP", f"{speed.system:.1f}", f"{speed.ratio:.0%}")
    net = speed.bare * speed.net_ratio
    table.add_row("net of emulator and clients", f"{net:.1f}", f"{speed.net_ratio:.0%}")
    table.add_row(
        "HTTP to HTTP, as `manage.py capacity` models it",
        f"{speed.model:.1f}", f"{speed.model / speed.bare:.0%}",
    )  # fmt: skip
    return table


def _cost_table(cost: PathCost) -> Table:
    table = new_table("Processor time a picture", "who", "ms")
    rows = (
        ("web process", cost.web),
        ("worker outside the recogniser", cost.worker),
        ("both: our own", cost.own),
        ("recogniser, in the worker", cost.recogniser),
        ("recogniser, alone", cost.bare_recogniser),
        ("emulator (not ours)", cost.emulator),
        ("the benchmark's clients (not ours)", cost.clients),
    )
    for who, milliseconds in rows:
        table.add_row(who, f"{milliseconds:.1f}")
    return table


def _latency_table(rows: list[Latency]) -> Table:
    table = new_table(
        "From request to answer, ms", "clients that wait", "p50", "p95", "p99", "errors",
        "pictures/s", "web MiB", "web threads",
    )  # fmt: skip
    for row in rows:
        table.add_row(
            "1 (idle)" if row.clients == 1 else str(row.clients),
            f"{row.p50:.0f}", f"{row.p95:.0f}", f"{row.p99:.0f}", str(row.errors),
            f"{row.pictures_per_second:.1f}" if row.clients > 1 else "",
            f"{row.web_mib:.0f}", str(row.web_threads),
        )  # fmt: skip
    return table


def _others_table(rows: list[Latency]) -> Table:
    table = new_table(
        "Other app tiers behind the same web tier", "app tier", "clients", "pictures",
        "pictures/s", "p50 ms", "p95 ms", "errors",
    )  # fmt: skip
    for row in rows:
        table.add_row(
            row.tier, str(row.clients) if row.clients > 1 else "1 (idle)", str(row.pictures),
            f"{row.pictures_per_second:.1f}" if row.clients > 1 else "",
            f"{row.p50:.0f}", f"{row.p95:.0f}", str(row.errors),
        )  # fmt: skip
    return table
