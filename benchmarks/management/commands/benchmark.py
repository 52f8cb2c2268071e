"""`manage.py benchmark`: speed, always against something else in the same run."""

from __future__ import annotations

import json
import subprocess
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from benchmarks.queue.queue_benchmark import DEFAULTS, OURS, BenchmarkFailed, Throughput, measure
from benchmarks.system import command as system_benchmark
from benchmarks.video_benchmark import FunctionFailed, measure_functions
from faceweb.management.errors import told_to_people
from foundation.config import PROJECT_DIRECTORY, get_settings

APART = {
    "history": ("benchmarks.history", "pages in front of a million jobs"),
    "recogniser": ("benchmarks.recogniser", "pictures per second"),
    "gallery": ("benchmarks.recogniser.gallery", "one face against a million"),
    "first": ("benchmarks.first_answer", "the first picture from zero, and where its time goes"),
    "web": ("benchmarks.web", "what the web tier takes of a core for each picture"),
    "accuracy": ("benchmarks.accuracy", "strangers named, known people found"),
}
"""Parts that run in a process of their own: they load a model, or have a database of their own."""


class Command(BaseCommand):
    help = "Measure a part of the system against what is usual, side by side in one run."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parts = parser.add_subparsers(dest="part", required=True, metavar="PART")
        queue = parts.add_parser("queue", help="tasks per second through SQS")
        queue.add_argument(
            "--tasks", type=int, nargs="+", default=[20, 200], metavar="N",
            help="no-op tasks of each round (default: 20 200; the larger takes minutes)",
        )  # fmt: skip
        queue.add_argument("--json", action="store_true", help="one JSON object as the last line")
        video = parts.add_parser("video", help="the Lambda functions: cold, warm, memory")
        video.add_argument(
            "--rounds", type=int, default=20, metavar="N", help="warm events (default: 20)"
        )
        video.add_argument("--json", action="store_true", help="one JSON object as the last line")
        system_benchmark.add_arguments(
            parts.add_parser("system", help="what the path around the recogniser costs")
        )
        for part, (_, text) in APART.items():
            parts.add_parser(part, help=f"{text} (see {part} --help)", add_help=False)

    def run_from_argv(self, argv: list[str]) -> None:
        """Hand all arguments of such a part on to it."""
        if len(argv) > 2 and argv[2] in APART:
            sys.exit(run_apart(argv[2], argv[3:]))
        super().run_from_argv(argv)

    def handle(self, *args: Any, part: str, **options: Any) -> None:
        if part in APART:
            sys.exit(run_apart(part, []))
        try:
            with told_to_people():
                if part == "video":
                    self._video(options["rounds"], options["json"])
                elif part == "system":
                    self._system(options)
                else:
                    self._queue(options["tasks"], options["json"])
        except (BenchmarkFailed, FunctionFailed, *system_benchmark.FAILURES) as error:
            raise CommandError(str(error)) from None

    def _video(self, rounds: int, as_json: bool) -> None:
        if rounds < 1:
            raise CommandError("--rounds takes a whole number from 1.")
        status = Console(stderr=True)
        figures = measure_functions(get_settings(), rounds, status.print)
        table = Table(title="Lambda functions, one 640x480 video")
        for heading in ("function", "cold s", "warm s", "peak MiB"):
            table.add_column(heading, justify="right")
        for one in figures:
            table.add_row(
                one.name, f"{one.cold_seconds:.2f}", f"{one.warm_seconds:.3f}",
                f"{one.peak_memory_mb:.0f}",
            )  # fmt: skip
        Console().print(table)
        if as_json:
            self.stdout.write(json.dumps([asdict(one) for one in figures]))

    def _system(self, options: dict[str, object]) -> None:
        line = system_benchmark.run(get_settings(), options, Console())
        if line:
            self.stdout.write(line)

    def _queue(self, counts: list[int], as_json: bool) -> None:
        if min(counts) < 1:
            raise CommandError("--tasks takes whole numbers from 1.")
        with Progress(
            TextColumn("{task.description:>26}"), BarColumn(), MofNCompleteColumn(),
            console=Console(stderr=True),
        ) as progress:  # fmt: skip
            bar = progress.add_task("starting the workers", total=None)

            def advance(contender: str, total: int, done: int) -> None:
                progress.update(bar, description=contender, total=total, completed=done)

            rounds = measure(get_settings(), counts, advance)
        Console().print(_table(rounds))
        if as_json:
            self.stdout.write(json.dumps(_figures(rounds)))


def run_apart(part: str, arguments: list[str]) -> int:
    """Run a part in a new process."""
    module, _ = APART[part]
    command = [sys.executable, "-m", module, *arguments]
    try:
        return subprocess.run(command, cwd=PROJECT_DIRECTORY, check=False).returncode  # noqa: S603
    except KeyboardInterrupt:
        return 130


def _by_count(rounds: list[Throughput]) -> dict[int, dict[str, Throughput]]:
    found: dict[int, dict[str, Throughput]] = {}
    for one in rounds:
        found.setdefault(one.tasks, {})[one.contender] = one
    return found


def _table(rounds: list[Throughput]) -> Table:
    table = Table(title="No-op tasks per second through SQS")
    for heading in ("tasks", DEFAULTS, OURS, "ratio"):
        table.add_column(heading, justify="right")
    for count, both in _by_count(rounds).items():
        theirs, ours = both[DEFAULTS].tasks_per_second, both[OURS].tasks_per_second
        table.add_row(str(count), f"{theirs:.1f}", f"{ours:.1f}", f"{ours / theirs:.1f}")
    return table


def _figures(rounds: list[Throughput]) -> dict[str, dict[str, float]]:
    return {
        str(count): {
            "defaults_tasks_per_second": round(both[DEFAULTS].tasks_per_second, 2),
            "ours_tasks_per_second": round(both[OURS].tasks_per_second, 2),
            "ratio": round(both[OURS].tasks_per_second / both[DEFAULTS].tasks_per_second, 2),
        }
        for count, both in _by_count(rounds).items()
    }
