"""`python -m benchmarks.web`: what the web tier takes of a core for each picture.

A stub is AWS and the workers. With `--against` a web tier of another checkout takes turns with this
one, on the same pictures and cores.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from itertools import count, cycle, islice
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.system.clients import Exchange, post_all
from benchmarks.system.cpu import PeakWatch, cpu_seconds
from benchmarks.system.pictures import PictureSource
from benchmarks.system.private_system import migrate, private_settings, running_web
from benchmarks.web.by_s3 import answers_of, send_all
from foundation.config import PROJECT_DIRECTORY, get_settings
from localcloud.system.environment import children_environment, emulated_aws
from localcloud.system.ports import free_port
from localcloud.system.processes import Child, stop_all
from localcloud.system.samples import write_samples
from localcloud.system.web_server import web_server

PICTURE_SIZE = (720, 540)
"""For pictures of about 100 KB."""
PICTURES_MADE = 20

OURS = "this checkout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one turn took of the web process."""

    pictures: int
    failed: int
    seconds: float
    cpu_milliseconds: float
    web_mib: float

    @property
    def pictures_a_second(self) -> float:
        return self.pictures / self.seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A running web tier."""

    name: str
    port: int
    web: Child


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark. Returns the exit status."""
    parsed = _parser().parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory(prefix="web-benchmark-") as folder:
            turns = _measure(parsed, Path(folder))
    except KeyboardInterrupt:
        print("\nbenchmarks.web: stopped", file=sys.stderr)  # noqa: T201
        return 130
    Console().print(_table(turns, parsed))
    if parsed.json:
        figures = {name: [asdict(turn) for turn in each] for name, each in turns.items()}
        print(json.dumps(figures))  # noqa: T201
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.web", description=__doc__)
    parser.add_argument(
        "--against", type=Path, metavar="CHECKOUT", help="another checkout's folder"
    )
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="turns of each (3)")
    parser.add_argument("--pictures", type=int, default=300, metavar="N", help="of a turn (300)")
    parser.add_argument("--clients", type=int, default=50, metavar="N", help="at once (50)")
    parser.add_argument(
        "--by-s3", action="store_true", help="clients send the pictures to S3 themselves"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    return parser


def _measure(parsed: argparse.Namespace, folder: Path) -> dict[str, list[Turn]]:
    portraits = PictureSource(list(write_samples(folder / "samples")), PICTURE_SIZE)
    source = _Names(list(portraits.take(PICTURES_MADE).values()))
    checkouts = {OURS: PROJECT_DIRECTORY}
    if parsed.against:
        checkouts[str(parsed.against)] = parsed.against.resolve()
    turns: dict[str, list[Turn]] = {name: [] for name in checkouts}
    with ExitStack() as stack:
        running = [
            stack.enter_context(_contender(name, checkout, folder / str(number)))
            for number, (name, checkout) in enumerate(checkouts.items())
        ]
        for one in running:
            _turn(one, source.take(parsed.clients), parsed)
        for number in range(parsed.rounds):
            pictures = source.take(parsed.pictures)
            for one in running[:: -1 if number % 2 else 1]:
                _progress(f"turn {number + 1} of {parsed.rounds}: {one.name}")
                turns[one.name].append(_turn(one, pictures, parsed))
    return turns


class _Names:
    """Gives pictures under names that were not given before. To the web tier they are all new."""

    def __init__(self, pictures: Sequence[bytes]) -> None:
        self._pictures = cycle(pictures)
        self._numbers = count()

    def take(self, wanted: int) -> dict[str, bytes]:
        """Return this number of pictures, by file name."""
        numbers = islice(self._numbers, wanted)
        return {f"picture_{number:06}.jpg": next(self._pictures) for number in numbers}


def _progress(step: str) -> None:
    print(f"\r\033[K{step}", end="", file=sys.stderr, flush=True)  # noqa: T201


@contextmanager
def _contender(name: str, checkout: Path, folder: Path) -> Iterator[Contender]:
    """A web tier of a checkout, with AWS and workers that are stubs for itself."""
    _progress(f"starting {name}")
    folder.mkdir()
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    settings = private_settings(get_settings(), folder, endpoint)
    aws = children_environment(settings, emulated_aws(endpoint, settings))
    theirs = {
        **aws, "DATABASE_URL": "", "LOG_FORMAT": "json", "PYTHONPATH": str(checkout),
        "PYTHONSAFEPATH": "1",
    }  # fmt: skip
    command = [
        sys.executable,
        "-m",
        "benchmarks.web.quick_aws",
        "--port",
        endpoint.rsplit(":", maxsplit=1)[-1],
    ]
    stub = Child("stub", command, aws, folder / "stub.log")
    migrate(theirs, checkout)
    web = web_server(settings, theirs, folder / "web.log")
    stub.start()
    try:
        with running_web(web, settings):
            yield Contender(name=name, port=settings.port, web=web)
    finally:
        stop_all([stub], seconds=8)


def _turn(one: Contender, pictures: dict[str, bytes], parsed: argparse.Namespace) -> Turn:
    jobs: list[str] = []
    exchanges: list[Exchange] = []
    before, began = cpu_seconds(one.web.pid), time.perf_counter()
    with PeakWatch(one.web.pid) as watch:
        if parsed.by_s3:
            jobs = send_all(one.port, pictures, parsed.clients)
        else:
            exchanges = post_all(one.port, pictures, parsed.clients, lambda _: None)
    seconds, taken = time.perf_counter() - began, cpu_seconds(one.web.pid) - before
    exchanges += answers_of(one.port, jobs)
    return Turn(
        pictures=len(exchanges),
        failed=sum(exchange.answer is None for exchange in exchanges),
        seconds=seconds,
        cpu_milliseconds=1000 * taken / len(exchanges),
        web_mib=watch.peak.resident_mib,
    )


def _table(turns: dict[str, list[Turn]], parsed: argparse.Namespace) -> Table:
    title = f"The web tier alone: {parsed.pictures} pictures from {parsed.clients} clients, medians"
    table = Table(title=title, title_justify="left")
    table.add_column("web tier")
    for heading in ("ms of a core a picture", "pictures/s", "failed", "MiB"):
        table.add_column(heading, justify="right")
    for name, each in turns.items():
        table.add_row(
            name,
            f"{statistics.median(turn.cpu_milliseconds for turn in each):.2f}",
            f"{statistics.median(turn.pictures_a_second for turn in each):.1f}",
            str(sum(turn.failed for turn in each)),
            f"{max(turn.web_mib for turn in each):.0f}",
        )
    return table


if __name__ == "__main__":
    sys.exit(main())
