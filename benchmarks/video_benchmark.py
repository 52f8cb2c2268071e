"""`manage.py benchmark video`: cold start, warm time and peak memory of both Lambda functions.

They run in processes as the host's. Each gets one event in a fresh process (cold: from starting it
to its result), then the same again and again (warm). The video is a portrait, 640x480, read for its
first frame.
"""

from __future__ import annotations

import argparse
import io
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from PIL import Image
from rich.console import Console

from benchmarks.console import exit_status, positive, table
from benchmarks.system.private_system import private_settings
from foundation import aws
from foundation.aws.provisioning import provision
from foundation.config import PROJECT_DIRECTORY, Settings, get_settings
from localcloud.emulator.emulator_process import running_emulator
from localcloud.lambda_host.event_source import s3_event
from localcloud.lambda_host.functions import LambdaFunction, contract_functions
from localcloud.lambda_host.sandbox import Sandbox
from localcloud.system.environment import children_environment
from localcloud.system.samples import write_samples

SIZE = (640, 480)
FRAMES, RATE = 50, 25

Report = Callable[[str], None]
"""Told in a line what is done now."""


class FunctionFailed(Exception):
    """A function gave no result; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionFigures:
    """What one function took: seconds cold and warm (median), and MiB at most."""

    name: str
    cold_seconds: float
    warm_seconds: float
    peak_memory_mb: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="manage.py benchmark video", description=__doc__)
    parser.add_argument("--rounds", type=positive, default=20, metavar="N", help="warm events (20)")
    return exit_status("video", lambda: _run(parser.parse_args(arguments).rounds), FunctionFailed)


def _run(rounds: int) -> None:
    figures = measure_functions(get_settings(), rounds, Console(stderr=True).print)
    shown = table("One 640x480 video", "function", "cold s", "warm s", "peak MiB")
    for one in figures:
        took = f"{one.cold_seconds:.2f}", f"{one.warm_seconds:.3f}"
        shown.add_row(one.name, *took, f"{one.peak_memory_mb:.0f}")
    Console().print(shown)


def measure_functions(settings: Settings, rounds: int, report: Report) -> list[FunctionFigures]:
    """Run both functions. Raises FunctionFailed."""
    with tempfile.TemporaryDirectory() as name, running_emulator(settings, Path(name)) as variables:
        scratch = Path(name)
        own = private_settings(
            settings, scratch, variables["AWS_ENDPOINT_URL"], weights_dir=settings.weights_directory
        )
        provision(own)
        splitting, recognition, _ = contract_functions(own)
        s3 = aws.client("s3", own)
        s3.put_object(Bucket=splitting.bucket, Key="v.mp4", Body=_video(scratch))
        environment = children_environment(own, variables)
        figures = []
        for function, key in ((splitting, "v.mp4"), (recognition, "v.jpg")):
            report(f"running {function.name}")
            event = s3_event(function.bucket, key)
            figures.append(figures_of(function, event, environment, scratch, rounds))
        return figures


def figures_of(
    function: LambdaFunction, event: str, environment: dict[str, str], scratch: Path, rounds: int
) -> FunctionFigures:
    """Measure one function on one event: once cold, then `rounds` times. Raises FunctionFailed."""
    began = time.monotonic()
    sandbox = Sandbox(function, environment, scratch / f"{function.name}.log", PROJECT_DIRECTORY)
    try:
        _invoke(sandbox, event)
        cold = time.monotonic() - began
        warm = []
        for _ in range(rounds):
            began = time.monotonic()
            _invoke(sandbox, event)
            warm.append(time.monotonic() - began)
        return FunctionFigures(
            name=function.name,
            cold_seconds=cold,
            warm_seconds=statistics.median(warm),
            peak_memory_mb=sandbox.peak_memory_mb,
        )
    finally:
        sandbox.close()


def _invoke(sandbox: Sandbox, event: str) -> None:
    outcome = sandbox.invoke(event, "bench")
    if not outcome.succeeded:
        raise FunctionFailed(f"{outcome.error}: {outcome.message}")
    if not isinstance(outcome.payload, dict) or not outcome.payload.get("done"):
        raise FunctionFailed("the function did nothing")


def _video(scratch: Path) -> bytes:
    portrait = next(iter(write_samples(scratch)))
    still = np.asarray(Image.open(portrait).convert("RGB").resize(SIZE))
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as output:
        stream = output.add_stream("libx264", rate=RATE)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        for _ in range(FRAMES):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(still, format="rgb24")))
        output.mux(stream.encode())
    return buffer.getvalue()


if __name__ == "__main__":
    sys.exit(main())
