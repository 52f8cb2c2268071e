"""`manage.py simulatescaler`: the policy against its peers and against what is possible at all."""

import time
from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import track

from foundation.config import get_settings
from scaler.binding import limits_of
from scaler.management.arguments import add_limits, changed_limits, count, positive
from scaler.simulation import contest, plots, results
from scaler.simulation.contest import Contest
from scaler.simulation.functions import FunctionTimes
from scaler.simulation.traces import MAKERS, Service, Trace, TraceError, make_trace, read_trace
from scaler.simulation.world import World

DEFAULT_TRACES = ("burst-100", "poisson-10", "flash-crowd")
SEED = 1
"""The same traces in every run."""


class Command(BaseCommand):
    help = (
        "Simulate the scaler's very policy on loads, beside EC2 and Lambda alone, LIBRA, Spock, "
        "KEDA, AWS target tracking, one machine per message and fixed fleets, with the bounds "
        "that nobody can beat. Prints a table a trace and writes plots."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "traces", nargs="*", metavar="TRACE",
            help=f"of: {', '.join(MAKERS)} (default: {', '.join(DEFAULT_TRACES)})",
        )  # fmt: skip
        parser.add_argument("--all", action="store_true", help="every trace; takes a minute or two")
        parser.add_argument(
            "--csv", type=Path, metavar="FILE",
            help="a recorded trace, too: columns `arrival` and optionally `service`, in seconds; "
            "or `minute` and `count`",
        )  # fmt: skip
        add_limits(parser)
        parser.add_argument(
            "--boot", type=positive, default=30.0, metavar="N", help="boot seconds (default: 30)"
        )
        parser.add_argument(
            "--service", type=positive, default=0.5, metavar="N",
            help="mean seconds of one picture in one process (default: 0.5)",
        )  # fmt: skip
        parser.add_argument(
            "--slots", type=count, default=2, metavar="N", help="processes an instance (default: 2)"
        )
        parser.add_argument(
            "--functions", type=count, default=get_settings().burst_concurrency, metavar="N",
            help="most burst functions at once; 0 is BURST=off (BURST_CONCURRENCY)",
        )  # fmt: skip
        parser.add_argument(
            "--out", type=Path, metavar="FOLDER",
            help="where plots are written (default: VAR_DIR/simulations)",
        )  # fmt: skip

    def handle(self, *args: object, **options: Any) -> None:
        traces = self._traces(options)
        world = _world(options)
        began = time.monotonic()
        steps = track(traces, "Simulating", console=Console(stderr=True), transient=True)
        contests = [contest.hold(trace, world) for trace in steps]
        seconds = time.monotonic() - began
        console = Console(width=None if Console().is_terminal else 130)
        for one in contests:
            console.print(results.contest_table(one))
        hours = sum(len(one.scores) * one.trace.duration_seconds for one in contests) / 3600
        for line in results.summary_lines(contests, hours, seconds):
            console.print(line, highlight=False)
        self._plot(contests, options["out"] or get_settings().var_dir / "simulations")

    def _traces(self, options: Mapping[str, Any]) -> list[Trace]:
        names = options["traces"] or ([] if options["csv"] else list(DEFAULT_TRACES))
        names = list(MAKERS) if options["all"] else names
        if unknown := [name for name in names if name not in MAKERS]:
            raise CommandError(f"No trace is named {unknown[0]}; there are {', '.join(MAKERS)}")
        service = Service(mean_seconds=options["service"])
        traces = [make_trace(name, service, SEED) for name in names]
        try:
            if options["csv"]:
                traces.append(read_trace(options["csv"], service, SEED))
        except TraceError as error:
            raise CommandError(str(error)) from None
        return traces

    def _plot(self, contests: list[Contest], folder: Path) -> None:
        for one in contests:
            plots.plot_trace(one, folder)
        plots.plot_costs(contests, folder)
        self.stdout.write(f"{len(contests) + 1} plots in {folder}")


def _world(options: Mapping[str, Any]) -> World:
    """The configured limits, changed by the arguments, around a cloud as described."""
    configured = limits_of(get_settings())
    limits = replace(
        configured,
        boot_timeout_seconds=max(configured.boot_timeout_seconds, 4 * options["boot"]),
        slots_per_instance=max(options["slots"], 1),
        function_maximum=options["functions"],
        **changed_limits(options),
    )
    return World(
        limits=limits,
        boot_seconds=options["boot"],
        functions=FunctionTimes(maximum=options["functions"]),
        seed=SEED,
    )
