"""Starts contenders' processes, and lets them take turns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.recogniser.contenders import Contender
from benchmarks.recogniser.stages import STAGES
from recognition.errors import RecognitionError


class BenchmarkFailed(RecognitionError):
    """A contender could not run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One contender's turn: pictures per second by all its processes, pictures per second of
    processor time, and what a picture took."""

    images_per_second: float
    images_per_cpu_second: float
    stage_milliseconds: dict[str, float]
    resident_mib: float


class RunningContender:
    """A contender's processes, each pinned to its cores. Use it as a context."""

    def __init__(
        self, contender: Contender, model: str, weights_dir: Path, cores: Sequence[int], size: int
    ) -> None:
        self.contender = contender
        self._started = time.perf_counter()
        self._processes = [
            _start(_task(contender, number, model, weights_dir, cores, size))
            for number in range(contender.processes)
        ]
        self.ready_seconds = 0.0

    def __enter__(self) -> RunningContender:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.kill()
            process.wait()

    def wait_until_ready(self) -> None:
        """Call it at once, because it measures the start. Raises BenchmarkFailed."""
        for process in self._processes:
            self._answer(process)
        self.ready_seconds = time.perf_counter() - self._started

    def take_turn(self, folder: Path, pictures: int) -> Turn:
        """Recognise a number of pictures, shared among the processes."""
        each = max(pictures // len(self._processes), 1)
        order = json.dumps({"folder": str(folder), "pictures": each}) + "\n"
        began = time.perf_counter()
        for process in self._processes:
            assert process.stdin is not None  # noqa: S101 - a pipe
            process.stdin.write(order)
            process.stdin.flush()
        answers = [self._answer(process) for process in self._processes]
        seconds = time.perf_counter() - began
        count = len(answers)
        return Turn(
            images_per_second=each * count / seconds,
            images_per_cpu_second=each * count / sum(it["cpu_seconds"] for it in answers),
            stage_milliseconds={
                stage: sum(answer["stages"][stage] for answer in answers) / count
                for stage in STAGES
            },
            resident_mib=max(answer["resident_mib"] for answer in answers),
        )

    def _answer(self, process: subprocess.Popen[str]) -> dict[str, Any]:
        assert process.stdout is not None  # noqa: S101 - a pipe
        line = process.stdout.readline()
        if not line:
            assert process.stderr is not None  # noqa: S101 - a pipe
            reason = (process.stderr.read().strip().splitlines() or ["no reason given"])[-1]
            raise BenchmarkFailed(f"{self.contender.name} ended: {reason}")
        answer: dict[str, Any] = json.loads(line)
        return answer


def _task(
    contender: Contender,
    number: int,
    model: str,
    weights_dir: Path,
    cores: Sequence[int],
    min_face_size: int,
) -> dict[str, Any]:
    first = number * contender.threads
    return {
        "kind": contender.kind,
        "number": number,
        "model": model,
        "weights": str(weights_dir),
        "threads": contender.threads,
        "cores": list(cores[first : first + contender.threads]),
        "min_face_size": min_face_size,
    }


def print_roofline(model: str, weights_dir: Path) -> None:
    """Print what each net reaches of one core's peak. Raises BenchmarkFailed."""
    command = [sys.executable, "-m", "benchmarks.recogniser.roofline"]
    options = ["--weights", str(weights_dir), "--model", model]
    ended = subprocess.run([*command, *options], env=_with_threads(1), check=False)  # noqa: S603
    if ended.returncode:
        raise BenchmarkFailed("the roofline could not be measured; its reason stands above")


def _with_threads(count: int) -> dict[str, str]:
    """This process's environment, with a number of threads for each library."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return {**os.environ, **dict.fromkeys(names, str(count))}


def _start(task: dict[str, object]) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "benchmarks.recogniser.process", json.dumps(task)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=_with_threads(int(str(task["threads"]))),
    )


def seed_way(pictures: Sequence[Path], weights: Path, gallery: Path, cores: Sequence[int]) -> float:
    """Images per second with one Python process a picture, one on each core at a time.

    Raises BenchmarkFailed.
    """
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "benchmarks.recogniser.seed_way"]
    began = time.perf_counter()
    running = [
        subprocess.Popen(  # noqa: S603 - our own module
            [*command, str(picture), str(weights), str(gallery), str(core)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment,
            text=True,
        )
        for core, picture in zip(cores, pictures, strict=False)
    ]
    for process in running:
        _, reason = process.communicate()
        if process.returncode != 0:
            raise BenchmarkFailed(f"the seed's way ended: {reason.strip().splitlines()[-1]}")
    return len(running) / (time.perf_counter() - began)


def usable_cores() -> list[int]:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def pin_to(cores: Sequence[int]) -> None:
    """Keep this process on some cores, where the system can (Linux)."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)
