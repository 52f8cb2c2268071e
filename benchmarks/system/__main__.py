"""`manage.py benchmark system`: its arguments, and what it prints."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import replace

from rich.console import Console

from benchmarks.console import exit_status, positive, progress
from benchmarks.system import report
from benchmarks.system.bare_loop import BareLoopEnded
from benchmarks.system.clients import TooFewFiles
from benchmarks.system.measuring import measure
from benchmarks.system.model import NoModel
from benchmarks.system.plan import NORMAL, QUICK, Plan
from foundation.config import get_settings
from localcloud.system.supervisor import ChildGivenUp

FAILURES = (BareLoopEnded, ChildGivenUp, NoModel, TooFewFiles)
"""What may end a run; the text of each is for people."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark. Returns the exit status."""
    options = arguments_parser().parse_args(arguments)
    return exit_status("system", lambda: _run(options), *FAILURES)


def arguments_parser() -> ArgumentParser:
    """The parser of what may be asked for."""
    parser = ArgumentParser(prog="manage.py benchmark system")
    parser.description = (
        "Send distinct pictures through HTTP, S3, SQS, a worker, SQS and HTTP, in turns with the "
        "recogniser alone on the same cores, and behind the same web tier with Celery's defaults "
        "and in the original system's way. Takes about 4 minutes, and starts all that it needs."
    )
    parser.add_argument("--quick", action="store_true", help="about a minute, rougher figures")
    parser.add_argument("--rounds", type=positive, metavar="N", help="turns of each (default: 3)")
    parser.add_argument("--pictures", type=positive, metavar="N", help="of a turn (default: 100)")
    parser.add_argument(
        "--concurrency", type=positive, metavar="C", help="clients of a turn (default: 50)"
    )
    parser.add_argument(
        "--clients", type=positive, nargs="*", metavar="C",
        help="clients that wait at once, with a picture each (default: 10 50 100 500 1000)",
    )  # fmt: skip
    parser.add_argument(
        "--ours-alone", action="store_true", help="leave Celery's defaults and the seed's way out"
    )
    return parser


def plan_of(options: Namespace) -> Plan:
    """What the arguments ask for."""
    plan = QUICK if options.quick else NORMAL
    if options.clients is not None:
        plan = replace(plan, clients=tuple(options.clients))
    if options.ours_alone:
        plan = replace(plan, defaults_pictures=0, seed_pictures=0)
    counts = {name: getattr(options, name) for name in ("rounds", "pictures", "concurrency")}
    return replace(plan, **{name: count for name, count in counts.items() if count})


def _run(options: Namespace) -> None:
    with progress() as advance:
        measured = measure(get_settings(), plan_of(options), advance)
    Console().print(report.tables(measured))


if __name__ == "__main__":
    sys.exit(main())
