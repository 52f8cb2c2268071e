"""Many seeds, a process a core: worlds share nothing, so each process has its own database."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.support.silence import silence

CHUNK = 5
"""Seeds that a process takes at once: about half a second of work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What is left of a seed's world when only figures are wanted. Crosses processes."""

    seed: int
    wrong: tuple[str, ...]
    faults: Counter[str]
    ends: Counter[str]
    virtual_seconds: float


def prepare(folder: str) -> Any:
    """A database in this process's memory, and logs that go nowhere. Returns the settings."""
    from tests.support import environment

    environment.forget()  # state goes to `folder`
    os.environ["VAR_DIR"] = folder
    os.environ["DATABASE_URL"] = "sqlite://:memory:"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "faceweb.settings")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    silence()
    from foundation.config import get_settings

    return get_settings()


def tallies(seeds: Iterable[int], processes: int) -> Iterator[Tally]:
    """A tally of each seed, in their order. Leaving the loop ends the processes."""
    spawning = multiprocessing.get_context("spawn")  # a fork would share Django's connection
    with (
        tempfile.TemporaryDirectory() as folder,
        spawning.Pool(processes, _begin, (folder,)) as pool,
    ):
        yield from pool.imap(_tally, seeds, CHUNK)


def _begin(folder: str) -> None:
    """Ctrl-C is for the parent, which ends this one. What was loaded stays: looking for garbage
    in it again and again took a sixth of the time."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    prepare(folder)
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _tally(seed: int) -> Tally:
    from foundation.config import get_settings
    from tests.protocol.simulate import run_seed

    verdict = run_seed(seed, get_settings())
    jobs = verdict.ending.jobs
    return Tally(
        seed=seed,
        wrong=verdict.wrong,
        faults=Counter(verdict.ending.injected),
        ends=Counter(job.error_kind or str(job.state) for job in jobs),
        virtual_seconds=verdict.ending.elapsed,
    )
