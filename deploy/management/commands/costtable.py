"""`manage.py costtable`: what 1,000 and a million pictures cost, by instance type and load."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TypedDict, Unpack

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import track
from rich.table import Table

from deploy.stack.cost_table import LOADS, TYPES, VCPUS, CostRow, row
from scaler.instances.prices import INSTANCE_HOUR
from scaler.simulation.traces import MAKERS


class Asked(TypedDict):
    service: float
    boot: float
    load: list[str] | None
    type: list[str] | None
    json: bool


class Command(BaseCommand):
    help = (
        "Simulate the scaler on loads and instance types, and print dollars per 1,000 and per "
        "million pictures, with instances alone and with functions beside them (hybrid; on demand, "
        "us-east-1; prices and their date are in "
        "scaler/instances/prices.py). Give the time of one picture as you measured it: manage.py "
        "benchmark recogniser, or the `cpu` stage of your jobs."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--service", type=float, default=0.06, metavar="SECONDS",
            help="of one picture in one process on a core of its own, everything included (0.06)",
        )  # fmt: skip
        parser.add_argument(
            "--boot", type=float, default=40.0, metavar="SECONDS", help="from launch to ready (40)"
        )
        parser.add_argument("--load", action="append", help=f"of: {', '.join(MAKERS)}")
        parser.add_argument("--type", action="append", help=f"of: {', '.join(INSTANCE_HOUR)}")
        parser.add_argument("--json", action="store_true", help="one JSON object as the last line")

    def handle(self, *args: object, **asked: Unpack[Asked]) -> None:
        loads, types = asked["load"] or LOADS, asked["type"] or TYPES
        if unknown := [one for one in loads if one not in MAKERS]:
            raise CommandError(f"No load is named {unknown[0]}; there are {', '.join(MAKERS)}.")
        for one in types:
            if one not in INSTANCE_HOUR or one.partition(".")[2] not in VCPUS:
                raise CommandError(f"{one} has no price here; see scaler/instances/prices.py.")
        if asked["service"] <= 0 or asked["boot"] <= 0:
            raise CommandError("--service and --boot are seconds, more than 0.")
        pairs = [(load, one) for load in loads for one in types]
        rows = [
            row(load, one, asked["service"], asked["boot"])
            for load, one in track(
                pairs, "Simulating", console=Console(stderr=True), transient=True
            )
        ]
        Console(width=None if Console().is_terminal else 110).print(_table(rows))
        if asked["json"]:
            self.stdout.write(json.dumps({"rows": [asdict(one) for one in rows]}))


def _table(rows: list[CostRow]) -> Table:
    table = Table(title="Dollars for pictures")
    alone = ("$ / 1,000", "$ / million", "p95 s", "fleet")
    for name in ("load", "pictures", "instance type", *alone, "$ / 1,000 hybrid", "p95 s hybrid"):
        table.add_column(name, justify="left" if name in ("load", "instance type") else "right")
    for one in rows:
        thousand = one.dollars_per_thousand
        table.add_row(
            one.load, f"{one.pictures:,}", one.instance_type, f"{thousand:.4f}",
            f"{thousand * 1000:,.0f}", f"{one.p95_seconds:.1f}", str(one.most_instances),
            f"{one.dollars_with_functions:.4f}", f"{one.p95_with_functions:.1f}",
        )  # fmt: skip
    return table
