"""`manage.py soak`: load for a long time, and what grows meanwhile."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

from benchmarks.console import table
from benchmarks.load import percentile
from benchmarks.soak.plot import draw
from benchmarks.soak.run import Soaked, soak
from benchmarks.soak.slopes import Slope, slopes
from benchmarks.system.clients import TooFewFiles
from faceweb.management.errors import translate_errors
from foundation.config import get_settings
from localcloud.system.supervisor import ChildGivenUp


class Command(BaseCommand):
    help = (
        "Start a separate system with one app instance, find out what it can take, send a share "
        "of that for a while, and report whether memory, open files, connections, threads or "
        "queues grow. Ctrl-C ends it early. Ends with status 1 when something grew or failed."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--minutes", type=float, default=30.0, help="default: %(default)g")
        parser.add_argument(
            "--load", type=float, default=0.8, metavar="SHARE",
            help="share of the least that the system takes in three minutes when it is given all "
            "that it can (default: %(default)g)",
        )  # fmt: skip
        parser.add_argument("--plot", type=Path, metavar="PNG", help="draw it into this file")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["minutes"] <= 0 or not 0 < options["load"] <= 2:
            raise CommandError("--minutes must be over 0, and --load over 0 and at most 2.")
        console = Console(stderr=True)
        try:
            with translate_errors(), console.status("") as status:
                seen = soak(get_settings(), options["minutes"], options["load"], status.update)
        except (ChildGivenUp, TooFewFiles) as error:
            raise CommandError(str(error)) from None
        if len(seen.samples) < 3:
            raise CommandError("That was too short to say anything: give it a minute.")
        grown = slopes(seen.samples)
        Console().print(_table(grown))
        self.stdout.write(summary(seen))
        if options["plot"]:
            draw(seen.samples, seen.latencies, summary(seen), options["plot"])
        if seen.traffic.failed or any(one.grows for one in grown):
            raise SystemExit(1)


def summary(seen: Soaked) -> str:
    """The soak in two lines."""
    took = sorted(seconds * 1000 for _, seconds in seen.latencies)
    traffic, last = seen.traffic, seen.samples[-1]
    return (
        f"{seen.seconds / 60:.1f} minutes at {seen.per_second:.1f} pictures/s of a capacity of "
        f"{min(seen.capacities):.1f} to {max(seen.capacities):.1f}: {traffic.sent} sent, "
        f"{traffic.answered} answered, {traffic.failed} failed, {traffic.left_out} not sent\n"
        f"p50 {percentile(took, 0.5):.0f} ms, p95 {percentile(took, 0.95):.0f} ms, "
        f"p99 {percentile(took, 0.99):.0f} ms; rows of jobs {last.rows['job']}, "
        f"dead letters {last.rows['deadletter']}"
    )


def _table(lines: list[Slope]) -> Table:
    shown = table("What grew", "", "first", "last", "per hour", "standard error", "")
    for one in lines:
        shown.add_row(
            one.name, f"{one.first:.1f}", f"{one.last:.1f}", f"{one.per_hour:+.1f}",
            f"{one.error:.1f}", "GROWS" if one.grows else "",
        )  # fmt: skip
    return shown
