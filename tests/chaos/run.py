"""One run: start the system, send pictures, inject faults, wait for calm, look, stop, judge."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.chaos import environment
from tests.chaos.values import LEFT_OVER, LOST, Finding, FunctionsSeen, Injection, Sent

QUIET_SECONDS = 15.0
"""Of the run, before its end, are without faults: what is still on its way arrives."""

LONGEST_DRAIN_SECONDS = 240.0
"""A reply whose collector died is visible again after 30 s, a lost job is sent after 120 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a run goes. The pictures come for `seconds`; start and drain are extra."""

    seconds: float
    seed: int
    rate: float
    is_quick: bool


@dataclass(slots=True)
class ChaosResult:
    """What a run brought."""

    sent: Sequence[Sent] = ()
    injections: Sequence[Injection] = ()
    findings: list[Finding] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    functions: FunctionsSeen = field(default_factory=FunctionsSeen)


def run(options: Options, progress: Any) -> ChaosResult:
    """A whole run. Everything that was started is stopped when this returns or raises."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="faces-chaos-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        world = environment.prepare(stack, folder / "var", options, progress.report)
        outcome = _perform(world, options, progress)
        if outcome.findings:
            logs = Path(tempfile.mkdtemp(prefix=f"chaos-logs-{options.seed}-"))
            shutil.copytree(folder / "var" / "log", logs, dirs_exist_ok=True)
            progress.report(f"Logs of all processes are kept in {logs}")
        return outcome


def _perform(world: environment.World, options: Options, progress: Any) -> ChaosResult:
    """Traffic and faults, then calm, then judgement."""
    from tests.chaos import evidence
    from tests.chaos.catalogue import catalogue
    from tests.chaos.conductor import Conductor
    from tests.chaos.judgement import judge
    from tests.chaos.pictures import good_pictures
    from tests.chaos.plan import timetable
    from tests.chaos.traffic import Traffic

    origin = time.monotonic()

    def clock() -> float:
        return time.monotonic() - origin

    traffic = Traffic(world.stage.urls, clock)
    faults = catalogue(world.stage, traffic, options.seed, 2.0 if options.is_quick else 5.0)
    conductor = Conductor(
        faults.faults, clock, lambda name: progress.report(f"{clock():6.1f} s  {name}")
    )

    def now() -> str:
        wrong = sum(one.ending not in one.right for one in traffic.ended())
        return (
            f"{clock():.0f} of {options.seconds:.0f} s: {traffic.sent} sent, {traffic.waiting} "
            f"waiting, {wrong} wrong; now: {', '.join(conductor.active) or 'calm'}"
        )

    try:
        traffic.start(good_pictures(options.seed), options.rate)
        progress.show(now)
        holds = {name: fault.hold_seconds for name, fault in faults.faults.items()}
        conductor.start(timetable(holds, options.seconds - QUIET_SECONDS, options.seed))
        time.sleep(options.seconds)
        traffic.stop()
        conductor.finish()
        _drain(world, traffic, clock() + LONGEST_DRAIN_SECONDS, clock)
        traffic.give_up()
        sent = traffic.results()
        seen = evidence.gather(world.settings)
        left = world.stage.stop()
        findings = judge(sent, replace(seen, left_processes=tuple(left)))
        findings += [Finding(kind=LOST, subject="a fault", sentence=p) for p in conductor.problems]
        if world.stage.failure:
            findings.append(
                Finding(kind=LEFT_OVER, subject="supervisor", sentence=world.stage.failure)
            )
        return ChaosResult(
            sent=sent, injections=conductor.injections, findings=findings,
            left_out=dict(faults.left_out), seconds=clock(), functions=seen.functions,
        )  # fmt: skip
    finally:
        progress.end()
        conductor.stop()
        traffic.close()


def _drain(world: environment.World, traffic: Any, until: float, clock: Any) -> None:
    """Wait until every client is answered and every queue is empty, or the time is up."""
    from tests.chaos import evidence

    while clock() < until:
        if traffic.waiting == 0 and evidence.open_work(world.settings) == 0:
            return
        time.sleep(1.0)
