"""The app tiers that are compared behind one web tier: ours, Celery's defaults, the seed's way."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.system.private_system import PrivateSystem
from foundation.config import PROJECT_DIRECTORY
from localcloud.emulator.emulator_process import wait_until
from localcloud.instances.instance_host import app_instance, ready_file
from localcloud.system.processes import Child, stop_all

READY_SECONDS = 120.0
STOP_SECONDS = 12.0

OURS = "ours"
DEFAULTS = "Celery's defaults"
SEED = "the seed's way"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningTier:
    """An app tier that takes messages."""

    name: str
    workers: list[Child]


@contextmanager
def ours(system: PrivateSystem) -> Iterator[RunningTier]:
    """One app instance, as the scaler would launch it."""
    with _celery_worker(system, OURS, "workers") as tier:
        yield tier


@contextmanager
def celery_defaults(system: PrivateSystem) -> Iterator[RunningTier]:
    """The same tasks and as many processes, on kombu's own settings for SQS."""
    with _celery_worker(system, DEFAULTS, "benchmarks.queue.kombu_defaults") as tier:
        yield tier


@contextmanager
def _celery_worker(system: PrivateSystem, name: str, celery_app: str) -> Iterator[RunningTier]:
    instance = celery_app.rpartition(".")[2].replace("_", "-")
    worker = app_instance(system.settings, instance, system.environment, celery_app)
    is_ready = ready_file(system.settings, instance).exists
    with _running([worker], is_ready):
        yield RunningTier(name=name, workers=[worker])


@contextmanager
def seed_way(system: PrivateSystem, weights: str) -> Iterator[RunningTier]:
    """A poll loop on each core, with a process a picture."""
    gallery = _seed_gallery(system.settings.var_dir / "data.pt")
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]
    workers = [
        Child(
            f"{SEED} on core {core}",
            [sys.executable, "-m", "benchmarks.system.seed_worker",
             weights, str(gallery), str(core)],
            system.environment,
            system.settings.var_dir / "log" / f"seed-{core}.log",
        )
        for core in cores
    ]  # fmt: skip
    with _running(workers, lambda: True):
        yield RunningTier(name=SEED, workers=workers)


@contextmanager
def _running(workers: list[Child], is_ready: Callable[[], bool]) -> Iterator[None]:
    for worker in workers:
        worker.start()
    try:
        wait_until(workers[0], is_ready, READY_SECONDS)
        yield
    finally:
        stop_all(workers, STOP_SECONDS)


def _seed_gallery(path: Path) -> Path:
    """A gallery of strangers, as the original has it; made by torch, so in another process."""
    program = (
        "import sys, pathlib; from benchmarks.recogniser.material import write_seed_gallery; "
        "write_seed_gallery(pathlib.Path(sys.argv[1]), 100, 512)"
    )
    subprocess.run(  # noqa: S603 - our own function
        [sys.executable, "-c", program, str(path)], cwd=PROJECT_DIRECTORY, check=True
    )
    return path
