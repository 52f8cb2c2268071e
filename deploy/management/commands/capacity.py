"""`manage.py capacity`: what is full first under a load, which machines it needs, and the cost."""

import math
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from typing import TypedDict, Unpack

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import track
from rich.table import Table

from deploy.stack import service_times
from deploy.stack.capacity import VCPUS, Answer, Load, Part, Way, answer, daily, parts, steady
from deploy.stack.service_times import Measured
from deploy.stack.template import Template
from scaler.instances.prices import INSTANCE_HOUR, USUAL_TYPE
from scaler.management.arguments import positive

SIZES = ("small", "standard")
RATES, A_DAY = [10.0, 100.0, 1000.0], 1_000_000.0
MOST_A_SECOND, MOST_A_DAY = 10_000, 10_000_000
"""The simulation holds every picture in memory."""
BOOT_SECONDS = 40.0
"""From an instance's launch to ready."""
TYPES = [kind for kind in INSTANCE_HOUR if kind.partition(".")[2] in VCPUS and kind[0] != "t"]
HEADINGS = (
    "web tier", "database", "app instances", "p95", "machines", "S3 and SQS", "pictures kept",
    "a month",
)  # fmt: skip


class Options(TypedDict):
    rate: list[float] | None
    a_day: list[float] | None
    type: str
    service: float
    by_s3: bool
    markdown: bool


class Command(BaseCommand):
    help = (
        "Tell which part of the stack is full first under a load, as pictures a second or a day, "
        "which machines the load needs, and what it costs a month (on demand, us-east-1, without "
        "logs, tax and traffic). Built on the measured times of deploy/stack/service_times.py and "
        "the scaler's own simulation. `manage.py benchmark system` holds it against a real run."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        loads = "(default: 10, 100, 1000 a second and a million a day)"
        parser.add_argument(
            "--rate", type=positive, action="append", metavar="N",
            help=f"pictures a second, day and night; may be repeated {loads}",
        )  # fmt: skip
        parser.add_argument(
            "--a-day", type=positive, action="append", metavar="N",
            help="pictures a day, none of them at night; may be repeated",
        )  # fmt: skip
        parser.add_argument(
            "--type", default=USUAL_TYPE, choices=TYPES, metavar="TYPE",
            help=f"of app instances: {', '.join(TYPES)} (default: {USUAL_TYPE})",
        )  # fmt: skip
        parser.add_argument(
            "--service", type=positive, metavar="SECONDS",
            help="of one picture in a worker with one core; the `cpu` stage of your jobs",
        )  # fmt: skip
        parser.add_argument(
            "--by-s3", action="store_true", help="clients send their pictures to S3 themselves"
        )
        parser.add_argument("--markdown", action="store_true", help="as in docs/operations.md")

    def handle(self, *args: object, **options: Unpack[Options]) -> None:
        """Print the tables. Raises CommandError for loads beyond all that the stack is made for."""
        if max(options["rate"] or [0]) > MOST_A_SECOND or max(options["a_day"] or [0]) > MOST_A_DAY:
            raise CommandError(
                f"At most {MOST_A_SECOND:,} pictures a second and {MOST_A_DAY:,} a day."
            )
        worker = service_times.WORKER.value + service_times.RECOGNISER.value
        way = Way(
            by_s3=options["by_s3"], app_type=options["type"], boot_seconds=BOOT_SECONDS,
            picture_seconds=options["service"] or worker / 1000,
        )  # fmt: skip
        stacks = _stacks()
        loads = track(_loads(options), "Simulating", console=Console(stderr=True), transient=True)
        answers = [answer(load, stacks, way) for load in loads]
        parts_of_sizes = {one["Size"]: parts(one, way) for one in stacks}
        for rows in (_rows_of_times(), _rows_of_parts(parts_of_sizes), _rows_of_loads(answers)):
            if options["markdown"]:
                self.stdout.write("\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n")
            else:
                Console(width=None if Console().is_terminal else 160).print(_table(rows))


def _stacks() -> list[dict[str, str]]:
    """The template's defaults, for each size."""
    parameters = Template.ours().parameters
    defaults = {name: str(about.get("Default", "")) for name, about in parameters.items()}
    return [{**defaults, "Size": size} for size in SIZES]


def _loads(options: Options) -> list[Load]:
    rates, days = options["rate"] or [], options["a_day"] or []
    if not rates and not days:
        rates, days = RATES, [A_DAY]
    return [*map(steady, rates), *map(daily, days)]


Row = Sequence[str]


def _rows_of_times() -> list[Row]:
    """The measured times, and how to measure them again."""
    measured = [one for one in vars(service_times).values() if isinstance(one, Measured)]
    rows = [(one.of, f"{one.value} ms", f"`{one.command}`") for one in measured]
    return [("a picture takes of", "", "measured by"), ("---",) * 3, *rows]


def _rows_of_parts(parts_of_sizes: Mapping[str, Sequence[Part]]) -> list[Row]:
    """The parts of each size of stack, the one that is full first in front."""
    rows = [
        (f"`{size}`", part.name, f"{part.units} x {part.unit}", _short(part.full_at))
        for size, each in parts_of_sizes.items()
        for part in each
        if part.full_at < math.inf
    ]
    return [("size", "part", "it has", "full at, pictures a second"), ("---",) * 4, *rows]


def _rows_of_loads(answers: Sequence[Answer]) -> list[Row]:
    head = ("load", *(f"full first of `{size}`" for size in SIZES), *HEADINGS)
    return [head, ("---",) * len(head), *(_row_of_load(one) for one in answers)]


def _row_of_load(one: Answer) -> Row:
    requests = one.dollars["S3's requests"] + one.dollars["SQS's requests"]
    kept = one.dollars["pictures kept"]
    return (
        one.load,
        *((*one.full[size], "nothing")[0] for size in SIZES),
        one.web, one.database, f"{one.instances:.1f}, at most {one.most_instances}",
        f"{one.p95_seconds:.1f} s", _dollars(one.month - requests - kept), _dollars(requests),
        _dollars(kept), _dollars(one.month),
    )  # fmt: skip


def _short(number: float) -> str:
    return f"{float(f'{number:.2g}'):,.0f}"


def _dollars(number: float) -> str:
    return f"${_short(number)}"


def _table(rows: Sequence[Row]) -> Table:
    table = Table(*(name.replace("`", "") for name in rows[0]))
    for row in rows[2:]:
        table.add_row(*(cell.replace("`", "") for cell in row))
    return table
