"""`manage.py benchmark queue`: no-op tasks through SQS, by kombu's defaults and by our settings."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from benchmarks.console import exit_status, positive, progress, table
from benchmarks.queue.queue_benchmark import DEFAULTS, OURS, BenchmarkFailed, Throughput, measure
from foundation.config import get_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="manage.py benchmark queue", description=__doc__)
    parser.add_argument(
        "--tasks", type=positive, nargs="+", default=[20, 200], metavar="N",
        help="no-op tasks of each round (20 200; the larger takes minutes)",
    )  # fmt: skip
    return exit_status("queue", lambda: _run(parser.parse_args(arguments).tasks), BenchmarkFailed)


def _run(counts: list[int]) -> None:
    with progress() as advance:
        rounds = measure(get_settings(), counts, advance)
    Console().print(_table(rounds))


def _table(rounds: Sequence[Throughput]) -> Table:
    shown = table("No-op tasks per second through SQS", "tasks", DEFAULTS, OURS, "ratio")
    speeds = {(one.tasks, one.contender): one.tasks_per_second for one in rounds}
    for count in dict.fromkeys(one.tasks for one in rounds):
        theirs, ours = speeds[count, DEFAULTS], speeds[count, OURS]
        shown.add_row(str(count), f"{theirs:.1f}", f"{ours:.1f}", f"{ours / theirs:.1f}")
    return shown


if __name__ == "__main__":
    sys.exit(main())
