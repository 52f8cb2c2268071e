"""Loads an app tier, reads the clocks around it, and lets the bare recogniser take turns."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.console import Advance
from benchmarks.system import app_tiers
from benchmarks.system.app_tiers import RunningTier
from benchmarks.system.bare_loop import BareTurn
from benchmarks.system.clients import Exchange, get, post, post_all
from benchmarks.system.cpu import Peak, PeakWatch, cpu_seconds
from benchmarks.system.model import MeasuredModel, model_at_hand
from benchmarks.system.pictures import PictureSource, write_all
from benchmarks.system.plan import Plan
from benchmarks.system.private_system import PrivateSystem, private_system
from foundation import messages
from foundation.config import Settings

JOBS_LOOKED_AT = 100
IDLE_PAUSE_SECONDS = (0.2, 1.2)
"""Between two requests of an idle system; drawn, so that no poll is met at the same moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredLoad:
    """One load of one app tier. `cpu_seconds` is by process: web, worker, emulator, clients.

    `recogniser_cpu_ms` and `recogniser_ms` are means of a picture's, as the workers measured them
    themselves: of the processor, and by the clock.
    """

    tier: str
    clients: int
    seconds: float
    exchanges: tuple[Exchange, ...]
    cpu_seconds: Mapping[str, float]
    recogniser_cpu_ms: float
    recogniser_ms: float
    web: Peak

    @property
    def pictures(self) -> int:
        """The number of pictures that were sent."""
        return len(self.exchanges)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """The bare recogniser and the system on the same pictures, one after the other."""

    bare: BareTurn
    load: MeasuredLoad


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """All that one run of the benchmark saw."""

    plan: Plan
    model: str
    cores: int
    rounds: tuple[Round, ...]
    idle: MeasuredLoad
    waiting: tuple[MeasuredLoad, ...]
    others: tuple[MeasuredLoad, ...]
    """The other tiers: under load, and idle (1 client)."""


def measure(settings: Settings, plan: Plan, advance: Advance) -> Measured:
    """Run all of it. Raises what the parts of `benchmarks.system` raise."""

    def say(step: str) -> None:
        advance(step, 0, 0)

    say("looking for the model")
    model = model_at_hand(settings.weights_directory)
    say("starting emulator and web tier")
    with private_system(settings, model, say) as system:
        return _Measuring(system, plan, advance).run(model)


class _Measuring:
    def __init__(self, system: PrivateSystem, plan: Plan, advance: Advance) -> None:
        self._system = system
        self._plan = plan
        self._advance = advance
        self._source = PictureSource(system.portraits)
        self._port = system.settings.port

    def run(self, model: MeasuredModel) -> Measured:
        plan = self._plan
        with self._started(app_tiers.OURS, app_tiers.ours(self._system)) as tier:
            self._warm_up(tier)
            rounds = tuple(self._round(tier, number) for number in range(plan.rounds))
            idle = self._idle(tier, plan.idle)
            waiting = tuple(
                self._load(tier, clients, clients, f"{clients} clients wait")
                for clients in plan.clients
            )
        return Measured(
            plan=plan,
            model=model.name,
            cores=self._system.settings.worker_processes,
            rounds=rounds,
            idle=idle,
            waiting=waiting,
            others=tuple(self._others(model)),
        )

    def _warm_up(self, tier: RunningTier) -> None:
        pictures = self._source.take(self._plan.warm_up)
        folder = self._system.settings.var_dir / "warm-up"
        write_all(pictures, folder)
        self._bare(folder)
        self._posted(tier, pictures, self._plan.warm_up, "warming up")

    def _others(self, model: MeasuredModel) -> Iterator[MeasuredLoad]:
        plan = self._plan
        if plan.defaults_pictures:
            tier = app_tiers.celery_defaults(self._system)
            with self._started(app_tiers.DEFAULTS, tier) as running:
                self._load(running, 2, 2, "warming up")
                yield self._load(running, plan.defaults_pictures, plan.concurrency, running.name)
                yield self._idle(running, plan.others_idle)
        if plan.seed_pictures:
            seed = app_tiers.seed_way(self._system, model.weights)
            with self._started(app_tiers.SEED, seed) as running:
                yield self._load(running, plan.seed_pictures, plan.concurrency, running.name)
                yield self._idle(running, 1)

    @contextmanager
    def _started(
        self, name: str, tier: AbstractContextManager[RunningTier]
    ) -> Iterator[RunningTier]:
        self._advance(f"starting {name}", 0, 0)
        with tier as running:
            yield running
            self._advance(f"stopping {name}", 0, 0)

    def _round(self, tier: RunningTier, number: int) -> Round:
        pictures = self._source.take(self._plan.pictures)
        step = f"round {number + 1} of {self._plan.rounds}"
        self._advance(f"{step}: the recogniser alone", len(pictures), 0)
        folder = self._system.settings.var_dir / f"round-{number}"
        write_all(pictures, folder)
        if number % 2:
            load = self._posted(tier, pictures, self._plan.concurrency, step)
            return Round(bare=self._bare(folder), load=load)
        bare = self._bare(folder)
        return Round(bare=bare, load=self._posted(tier, pictures, self._plan.concurrency, step))

    def _bare(self, folder: Path) -> BareTurn:
        return self._system.bare.take_turn(folder)

    def _load(self, tier: RunningTier, count: int, clients: int, step: str) -> MeasuredLoad:
        return self._posted(tier, self._source.take(count), clients, step)

    def _idle(self, tier: RunningTier, count: int) -> MeasuredLoad:
        """One picture after the other, with a pause before each."""
        pictures = self._source.take(count)
        pauses = random.Random(count)  # noqa: S311 - not a secret

        def post_slowly() -> list[Exchange]:
            exchanges: list[Exchange] = []
            for name, content in pictures.items():
                time.sleep(pauses.uniform(*IDLE_PAUSE_SECONDS))
                exchanges.append(asyncio.run(post(self._port, name, content)))
                self._advance(f"{tier.name}, idle", count, len(exchanges))
            return exchanges

        return self._metered(tier, 1, post_slowly)

    def _posted(
        self, tier: RunningTier, pictures: Mapping[str, bytes], clients: int, step: str
    ) -> MeasuredLoad:
        def on_answer(done: int) -> None:
            self._advance(step, len(pictures), done)

        on_answer(0)
        return self._metered(
            tier, clients, lambda: post_all(self._port, pictures, clients, on_answer)
        )

    def _metered(
        self, tier: RunningTier, clients: int, exchange: Callable[[], Sequence[Exchange]]
    ) -> MeasuredLoad:
        before, began = self._cpu_seconds(tier), time.perf_counter()
        with PeakWatch(self._system.web.pid) as watch:
            exchanges = exchange()
        seconds, after = time.perf_counter() - began, self._cpu_seconds(tier)
        cpu_ms, clock_ms = asyncio.run(self._recogniser(exchanges))
        return MeasuredLoad(
            tier=tier.name,
            clients=clients,
            seconds=seconds,
            exchanges=tuple(exchanges),
            cpu_seconds={name: after[name] - before[name] for name in before},
            recogniser_cpu_ms=cpu_ms,
            recogniser_ms=clock_ms,
            web=watch.peak,
        )

    def _cpu_seconds(self, tier: RunningTier) -> dict[str, float]:
        """What each took of the processor so far."""
        return {
            "web": cpu_seconds(self._system.web.pid),
            "worker": sum(cpu_seconds(worker.pid) for worker in tier.workers),
            "emulator": cpu_seconds(self._system.emulator.pid),
            "clients": time.process_time(),
        }

    async def _recogniser(self, exchanges: Sequence[Exchange]) -> tuple[float, float]:
        """Milliseconds that the recogniser took for a picture, of the processor and by the clock;
        0 where the worker doesn't say."""
        answered = [one.job_path for one in exchanges if one.status == 200][:JOBS_LOOKED_AT]
        stages = [
            json.loads(await get(self._port, path))["stage_milliseconds"] for path in answered
        ]
        if not stages or not all(stages):
            return 0.0, 0.0
        cpu = [one.pop(messages.CPU_STAGE) for one in stages]
        return sum(cpu) / len(cpu), sum(sum(one.values()) for one in stages) / len(stages)
