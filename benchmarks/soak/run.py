"""One soak from start to end: capacity, steady load, samples all along."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.soak.load import SteadyLoad, Traffic
from benchmarks.soak.running_system import soaked_system
from benchmarks.soak.samples import Sample, Sampler
from benchmarks.system.clients import allow_open_files
from benchmarks.system.pictures import PictureSource
from foundation.config import Settings
from localcloud.system.samples import write_samples

WARM_UP_SECONDS = 5.0
CAPACITY_SECONDS = 20.0
CAPACITY_TIMES = 9
"""Three minutes, of which the slowest part counts: a shared machine's speed changes by a third
within minutes, and a load that it can only take in good ones shows the machine, not us."""

SAMPLE_SECONDS = 5.0
OPEN_FILES = 2000

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Soaked:
    """What one soak saw. `latencies`: (seconds since the first look's clock, seconds taken)."""

    capacities: Sequence[float]
    """Pictures per second that it took when asked to take all it could, one time after another."""
    per_second: float
    seconds: float
    samples: Sequence[Sample]
    latencies: Sequence[tuple[float, float]]
    traffic: Traffic


def soak(settings: Settings, minutes: float, share: float, say: Say) -> Soaked:
    """Soak a separate system. Ctrl-C ends the load early; what was seen until then counts."""
    allow_open_files(OPEN_FILES)
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        say("starting the system")
        with soaked_system(settings, Path(folder) / "var") as system:
            portraits = list(write_samples(Path(folder) / "portraits"))
            load = SteadyLoad(system.settings.port, PictureSource(portraits))
            say("measuring what it can take")
            asyncio.run(load.capacity(WARM_UP_SECONDS))
            capacities = [
                asyncio.run(load.capacity(CAPACITY_SECONDS)) for _ in range(CAPACITY_TIMES)
            ]
            capacity = min(capacities)
            say(f"{capacity:.1f} pictures/s; sending {capacity * share:.1f}")
            began = time.monotonic()
            with Sampler(system, SAMPLE_SECONDS, lambda: load.traffic.answered) as sampler:
                _until_interrupted(load, capacity * share, minutes * 60, say)
    return Soaked(
        capacities=capacities,
        per_second=capacity * share,
        seconds=time.monotonic() - began,
        samples=sampler.samples,
        latencies=[(now - began, took) for now, took in load.traffic.seconds if now >= began],
        traffic=load.traffic,
    )


def _until_interrupted(load: SteadyLoad, per_second: float, seconds: float, say: Say) -> None:
    try:
        asyncio.run(load.keep_up(per_second, seconds))
    except KeyboardInterrupt:
        say("interrupted: this is what was seen until now")
