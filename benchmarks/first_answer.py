"""`manage.py benchmark first`: the first picture from zero, and where its seconds go.

A separate system starts as a user starts it, and rests until no instance and no function runs.
Cold turns end the functions' processes first, as Lambda does after minutes without an event.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.console import exit_status, positive, table
from benchmarks.soak.running_system import SoakedSystem, soaked_system
from benchmarks.system.clients import post
from benchmarks.system.pictures import PictureSource
from foundation.config import get_settings
from localcloud.system.samples import write_samples
from localcloud.system.supervisor import ChildGivenUp

MOMENTS = (
    ("scaler", "function_started", "stored, seen, invoked"),
    ("lambda-host", "invocation", "taken by the Lambda host"),
    ("lambda-face-burst", "model_loading", "process, imports, gallery"),
    ("lambda-face-burst", "model_ready", "model"),
    ("lambda-face-burst", "job_done", "picture"),
)
"""The logs' lines that a picture's way writes: log file, event, and the part that ends there."""

WAY_BACK = "answer's way back"
LONGEST_REST_SECONDS = 600.0
REST_SECONDS = 5.0
"""Two looks of the scaler and more: it counts no function any more."""


class NotFromZero(Exception):
    """The picture was not answered by a function alone; the text says what happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One picture from zero: its seconds, and those of each part that the logs tell."""

    kind: str
    seconds: float
    parts: dict[str, float]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="manage.py benchmark first", description=__doc__)
    parser.add_argument("--rounds", type=positive, default=5, metavar="N", help="of each kind (5)")
    rounds = parser.parse_args(arguments).rounds
    show = Console().print
    return exit_status(
        "first", lambda: show(_table(list(_turns(rounds)))), NotFromZero, ChildGivenUp
    )


def _turns(rounds: int) -> Iterator[Turn]:
    with tempfile.TemporaryDirectory(prefix="first-answer-") as name:
        folder = Path(name)
        source = PictureSource(list(write_samples(folder / "portraits")))
        settings = get_settings()
        with soaked_system(settings, folder / "var", instances=0, log_format="json") as system:
            for kind in ("cold", "warm"):
                for _ in range(rounds):
                    _rest(system, cold=kind == "cold")
                    yield _turn(system, source, kind)


def _rest(system: SoakedSystem, *, cold: bool) -> None:
    """Wait until nothing runs. Cold functions have no process, either; one that is ended at work
    would be counted as running, and waited for."""
    deadline = time.monotonic() + LONGEST_REST_SECONDS
    while system.processes().get("worker"):
        if time.monotonic() > deadline:
            raise NotFromZero(f"instances are still there after {LONGEST_REST_SECONDS:g} s")
        time.sleep(1.0)
    time.sleep(REST_SECONDS)
    for process in system.processes().get("function", []) if cold else ():
        process.kill()
        psutil.wait_procs([process], timeout=5)


def _turn(system: SoakedSystem, source: PictureSource, kind: str) -> Turn:
    (name, picture), began = source.take(1).popitem(), time.time()
    exchange = asyncio.run(post(system.settings.port, name, picture))
    answered = time.time()
    if exchange.answer is None:
        raise NotFromZero(f"the picture got {exchange.status}: {exchange.text}")
    moments = [("", began), *_moments(system.var_dir / "log", began), (WAY_BACK, answered)]
    parts = {after[0]: after[1] - before[1] for before, after in pairwise(moments)}
    return Turn(kind=kind, seconds=answered - began, parts=parts)


def _moments(logs: Path, began: float) -> Iterator[tuple[str, float]]:
    """When each part ended. A warm function loads nothing."""
    for file, event, part in MOMENTS:
        found = [moment for moment in _logged(logs / f"{file}.log", event) if moment >= began]
        if found:
            yield part, found[0]
        elif event == "job_done":
            raise NotFromZero("an instance answered, not a function: see --rounds 1 and its logs")


def _logged(file: Path, event: str) -> Iterator[float]:
    """When a log has this event. An invocation is logged at its end, and counts from its begin."""
    for line in file.read_text().splitlines():
        if f'"{event}"' in line:
            entry = json.loads(line)
            at = datetime.fromisoformat(entry["timestamp"]).timestamp()
            yield at - (entry["seconds"] if event == "invocation" else 0.0)


def _table(turns: Sequence[Turn]) -> Table:
    parts = [part for _, _, part in MOMENTS] + [WAY_BACK]
    shown = table("First picture from zero, seconds (medians last)", "function", "all", *parts)
    for kind in dict.fromkeys(turn.kind for turn in turns):
        of_kind = [turn for turn in turns if turn.kind == kind]
        for turn in of_kind:
            shown.add_row(kind, *_cells([turn], parts))
        shown.add_row(f"{kind}, median", *_cells(of_kind, parts), style="bold", end_section=True)
    return shown


def _cells(turns: Sequence[Turn], parts: Sequence[str]) -> Iterator[str]:
    yield f"{statistics.median(turn.seconds for turn in turns):.2f}"
    for part in parts:
        took = [turn.parts[part] for turn in turns if part in turn.parts]
        yield f"{statistics.median(took):.2f}" if took else ""


if __name__ == "__main__":
    sys.exit(main())
