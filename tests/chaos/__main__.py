"""`python -m tests.chaos --seconds 600 --seed 1`: prove that nothing is lost."""

from __future__ import annotations

import argparse
import json
import random
import sys

from tests.chaos import report
from tests.chaos.progress import Progress
from tests.chaos.run import Options, run

QUICK_SECONDS = 90
SHOWN_FINDINGS = 30


def main() -> int:
    options, wants_json = _arguments()
    progress = Progress()
    progress.report(f"Chaos with seed {options.seed}: the same seed plans the same faults")
    try:
        outcome = run(options, progress)
    except KeyboardInterrupt:
        progress.report("Interrupted: everything is stopped.")
        return 130
    rows = report.lines(outcome.injections, outcome.sent, outcome.findings)
    print(report.table(rows, outcome.left_out))
    print(report.summary(outcome.sent, outcome.injections, outcome.seconds))
    print(report.of_functions(outcome.functions))
    for finding in outcome.findings[:SHOWN_FINDINGS]:
        print(f"{finding.kind}: {finding.subject}: {finding.sentence}")
    if len(outcome.findings) > SHOWN_FINDINGS:
        print(f"... and {len(outcome.findings) - SHOWN_FINDINGS} more")
    idle = report.never_struck(outcome.injections)
    for fault in idle:
        print(f"never struck, so nothing is known of it: {fault}")
    failed = bool(outcome.findings or idle or not outcome.functions.answered)
    print(f"seed {options.seed}: {'FAILED' if failed else 'nothing lost, nothing wrong'}")
    if wants_json:
        print(json.dumps(report.as_json(
            rows, outcome.sent, outcome.injections, outcome.findings, options.seed,
            outcome.seconds, outcome.functions,
        )))  # fmt: skip
    return 1 if failed else 0


def _arguments() -> tuple[Options, bool]:
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos",
        description="Start a private system, send it pictures with known answers at a steady rate, "
        "and make everything fail meanwhile: processes, AWS, network, database, disk. Ends with "
        "status 1 when a picture was lost or answered wrongly, or anything is left over.",
    )
    parser.add_argument("--seconds", type=float, default=480, metavar="S",
                        help="how long pictures come; start and drain add about a minute "
                        "(default: %(default)s)")  # fmt: skip
    parser.add_argument("--seed", type=int, help="plans faults and pictures (default: by chance)")
    parser.add_argument("--rate", type=float, default=2.0, metavar="R",
                        help="pictures a second (default: %(default)s)")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    given = parser.parse_args()
    if given.seconds < 20 or not 0 < given.rate <= 50:
        parser.error("--seconds must be at least 20, --rate over 0 and up to 50")
    seed = given.seed if given.seed is not None else random.randrange(1_000_000)  # noqa: S311
    options = Options(
        seconds=given.seconds, seed=seed, rate=given.rate, is_quick=given.seconds < QUICK_SECONDS
    )
    return options, given.json


if __name__ == "__main__":
    sys.exit(main())
