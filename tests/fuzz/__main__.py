"""`python -m tests.fuzz [TARGET ...] --minutes 10`."""

from __future__ import annotations

import argparse
import logging
import os
import random
import sys
from pathlib import Path

from tests.support.silence import silence


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz",
        description="Feed hostile input to a door of the system until the time is over. A crash, a "
        "hang, or an answer of 500 and more ends the run with status 1 and the smallest input "
        "that does it.",
    )
    parser.add_argument("target", nargs="*", help="upload, decoder, replies, gallery, "
                        "seed-gallery, csv, video-events, api (all of them)")  # fmt: skip
    parser.add_argument("--minutes", type=float, default=10.0, help="for each target (10)")
    parser.add_argument("--seed", type=int, help="of the first example (by chance)")
    return parser.parse_args()


def main() -> int:
    chosen = _arguments()
    from tests.support import environment

    try:
        return _run(chosen, Path(environment.var_dir))
    finally:
        environment.forget()


def _run(chosen: argparse.Namespace, folder: Path) -> int:
    import django
    from django.core.management import call_command
    from django.test.utils import setup_test_environment

    from foundation.aws.provisioning import provision
    from foundation.config import get_settings
    from localcloud.emulator.emulator_process import running_emulator

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "faceweb.settings")
    django.setup()
    setup_test_environment()  # as pytest does: it lets Django's own client in
    silence()
    logging.disable(logging.WARNING)
    call_command("migrate", verbosity=0)
    from tests.fuzz.running import run
    from tests.fuzz.targets import MAKERS

    names = chosen.target or list(MAKERS)
    if unknown := [name for name in names if name not in MAKERS]:
        sys.exit(f"There is no target {unknown[0]}: {', '.join(MAKERS)}.")
    first_seed = chosen.seed if chosen.seed is not None else random.randrange(2**32)  # noqa: S311
    with running_emulator(get_settings(), folder):
        provision(get_settings())
        for name in names:
            target = MAKERS[name]()
            sys.stdout.write(f"{name}: {target.about}\n")

            def report(examples: int, seconds: float) -> None:
                if sys.stderr.isatty():
                    sys.stderr.write(f"\r{examples:,} examples, {seconds:.0f} s ")

            summary = run(target, first_seed, lambda _, s: s >= chosen.minutes * 60, report)
            sys.stdout.write(f"\r{summary}\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
