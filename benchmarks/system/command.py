"""`manage.py benchmark system`: its arguments, its progress, what it prints."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.system import report
from benchmarks.system.bare_loop import BareLoopEnded
from benchmarks.system.clients import TooFewFiles
from benchmarks.system.measuring import Advance, measure
from benchmarks.system.model import NoModel
from benchmarks.system.plan import NORMAL, QUICK, Plan
from foundation.config import Settings
from localcloud.system.supervisor import ChildGivenUp

FAILURES = (BareLoopEnded, ChildGivenUp, NoModel, TooFewFiles)
"""What may end a run; the text of each is for people."""


def add_arguments(parser: ArgumentParser) -> None:
    parser.description = (
        "Send distinct pictures through HTTP, S3, SQS, a worker, SQS and HTTP, in turns with the "
        "recogniser alone on the same cores, and behind the same web tier with Celery's defaults "
        "and in the original system's way. Takes about 4 minutes, and starts all that it needs."
    )
    parser.add_argument("--quick", action="store_true", help="about a minute, rougher figures")
    parser.add_argument("--rounds", type=_positive, metavar="N", help="turns of each (default: 3)")
    parser.add_argument("--pictures", type=_positive, metavar="N", help="of a turn (default: 100)")
    parser.add_argument(
        "--concurrency", type=_positive, metavar="C", help="clients of a turn (default: 50)"
    )
    parser.add_argument(
        "--clients", type=_positive, nargs="*", metavar="C",
        help="clients that wait at once, with a picture each (default: 10 50 100 500 1000)",
    )  # fmt: skip
    parser.add_argument(
        "--ours-alone", action="store_true", help="leave Celery's defaults and the seed's way out"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def plan_of(options: Mapping[str, Any]) -> Plan:
    """What the arguments ask for."""
    plan = QUICK if options["quick"] else NORMAL
    asked: dict[str, Any] = {
        name: options[name] for name in ("rounds", "pictures", "concurrency") if options[name]
    }
    if options["clients"] is not None:
        asked["clients"] = tuple(options["clients"])
    if options["ours_alone"]:
        asked |= {"defaults_pictures": 0, "seed_pictures": 0}
    return replace(plan, **asked)


def run(settings: Settings, options: Mapping[str, object], console: Console) -> str | None:
    """Measure and print. Returns the JSON line, if one was asked for. Raises FAILURES."""
    with _progress() as advance:
        measured = measure(settings, plan_of(options), advance)
    console.print(report.tables(measured))
    return json.dumps(report.as_json(measured)) if options["json"] else None


@contextmanager
def _progress() -> Iterator[Advance]:
    with Progress(
        TextColumn("{task.description:>32}"), BarColumn(), MofNCompleteColumn(),
        TimeElapsedColumn(), console=Console(stderr=True),
    ) as progress:  # fmt: skip
        bar = progress.add_task("", total=None)

        def advance(step: str, total: int, done: int) -> None:
            progress.update(bar, description=step, total=total or None, completed=done)

        yield advance
