"""`python -m tests.protocol --seeds 50000`; a seed that fails: `--seed N --trace`."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing

from tests.protocol.many import Tally, prepare, tallies

STOPPED = 130  # as a shell reports a program that Ctrl-C ended


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.protocol",
        description="Run the protocol between web tier and app tier in virtual time, under faults "
        "that each seed decides. Ends with status 1 at the first seed that breaks it; the same "
        "seed gives the same run again, call by call.",
    )
    parser.add_argument("--seeds", type=int, default=1000, help="how many (1000)")
    parser.add_argument("--first", type=int, default=0, help="the first of them (0)")
    cores = os.cpu_count() or 1
    parser.add_argument("--processes", type=int, default=cores, help=f"at once ({cores}: cores)")
    parser.add_argument("--seed", type=int, help="this one alone")
    parser.add_argument("--trace", action="store_true", help="print what happens in it")
    return parser.parse_args()


def main() -> int:
    chosen = _arguments()
    if chosen.seed is not None:
        return _one(chosen.seed, chosen.trace)
    try:
        return _many(chosen.first, chosen.seeds, chosen.processes)
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped\n")
        return STOPPED


def _one(seed: int, with_trace: bool) -> int:
    with tempfile.TemporaryDirectory() as folder:
        settings = prepare(folder)
        from tests.protocol.simulate import run_seed

        verdict = run_seed(seed, settings)
    if with_trace:
        sys.stdout.write("\n".join(verdict.ending.trace) + "\n")
    sys.stdout.write(f"seed {seed}: {verdict.ending.weather}\n")
    for wrong in verdict.wrong:
        sys.stdout.write(f"WRONG {wrong}\n")
    sys.stdout.write("nothing wrong\n" if not verdict.wrong else "")
    return 1 if verdict.wrong else 0


def _many(first: int, count: int, processes: int) -> int:
    faults: Counter[str] = Counter()
    ends: Counter[str] = Counter()
    virtual_seconds, began = 0.0, time.monotonic()
    with closing(tallies(range(first, first + count), processes)) as coming:
        for done, tally in enumerate(coming, start=1):
            if tally.wrong:
                return _say_wrong(tally)
            faults += tally.faults
            ends += tally.ends
            virtual_seconds += tally.virtual_seconds
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{done:,} of {count:,} seeds ")
    seconds = time.monotonic() - began
    sys.stdout.write(
        f"{count:,} seeds in {seconds:.0f} s ({count / seconds:.0f} a second), "
        f"{virtual_seconds / 3600:.0f} virtual hours, {faults.total():,} faults: nothing wrong\n"
        f"faults: {dict(faults.most_common())}\njobs: {dict(ends.most_common())}\n"
    )
    return 0


def _say_wrong(tally: Tally) -> int:
    sys.stdout.write(f"\nseed {tally.seed} broke the protocol:\n")
    sys.stdout.write("".join(f"  {wrong}\n" for wrong in tally.wrong))
    sys.stdout.write(f"To see how: python -m tests.protocol --seed {tally.seed} --trace\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
