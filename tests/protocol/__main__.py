"""`python -m tests.protocol --seeds 50000`; a seed that fails: `--seed N --trace`."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from typing import Any

import structlog


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.protocol",
        description="Run the protocol between web tier and app tier in virtual time, under faults "
        "that each seed decides. Ends with status 1 at the first seed that breaks it; the same "
        "seed gives the same run again, call by call.",
    )
    parser.add_argument("--seeds", type=int, default=1000, help="how many (1000)")
    parser.add_argument("--first", type=int, default=0, help="the first of them (0)")
    parser.add_argument("--seed", type=int, help="this one alone")
    parser.add_argument("--trace", action="store_true", help="print what happens in it")
    return parser.parse_args()


def _nothing(*_: Any) -> Any:
    raise structlog.DropEvent


def _prepare(folder: str) -> Any:
    os.environ["VAR_DIR"] = folder
    os.environ["DATABASE_URL"] = "sqlite://:memory:"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "faceweb.settings")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory(), processors=[_nothing])
    from workers.config import get_settings

    return get_settings()


def main() -> int:
    chosen = _arguments()
    from tests import environment  # noqa: F401 - leads nowhere but to this machine

    with tempfile.TemporaryDirectory() as folder:
        settings = _prepare(folder)
        if chosen.seed is not None:
            return _one(chosen.seed, settings, chosen.trace)
        return _many(chosen.first, chosen.seeds, settings)


def _one(seed: int, settings: Any, with_trace: bool) -> int:
    from tests.protocol.simulate import run_seed

    verdict = run_seed(seed, settings)
    if with_trace:
        sys.stdout.write("\n".join(verdict.ending.trace) + "\n")
    sys.stdout.write(f"seed {seed}: {verdict.ending.weather}\n")
    for wrong in verdict.wrong:
        sys.stdout.write(f"WRONG {wrong}\n")
    sys.stdout.write("nothing wrong\n" if not verdict.wrong else "")
    return 1 if verdict.wrong else 0


def _many(first: int, count: int, settings: Any) -> int:
    from tests.protocol.simulate import run_seed

    faults: Counter[str] = Counter()
    ends: Counter[str] = Counter()
    virtual, began = 0.0, time.monotonic()
    for number in range(count):
        verdict = run_seed(first + number, settings)
        faults.update(verdict.ending.injected)
        ends.update(job.error_kind or str(job.state) for job in verdict.ending.jobs)
        virtual += verdict.ending.elapsed
        if verdict.wrong:
            sys.stdout.write(f"\nseed {first + number} broke the protocol:\n")
            sys.stdout.write("".join(f"  {wrong}\n" for wrong in verdict.wrong))
            again = f"python -m tests.protocol --seed {first + number} --trace"
            sys.stdout.write(f"To see how: {again}\n")
            return 1
        if sys.stderr.isatty() and number % 20 == 0:
            sys.stderr.write(f"\r{number:,} of {count:,} seeds")
    seconds = time.monotonic() - began
    sys.stdout.write(
        f"{count:,} seeds in {seconds:.0f} s ({count / seconds:.0f} a second), "
        f"{virtual / 3600:.0f} virtual hours, {sum(faults.values()):,} faults: nothing wrong\n"
        f"faults: {dict(faults.most_common())}\njobs: {dict(ends.most_common())}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
