"""A short chaos run: everything fails in turns, nothing is lost. `make chaos` runs 8 minutes."""

from __future__ import annotations

import json
import subprocess
import sys

from foundation.config import PROJECT_DIRECTORY

SECONDS = 45


def test_nothing_is_lost_and_nothing_is_wrong() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos", "--seconds", str(SECONDS), "--seed", "11", "--json"],
        cwd=PROJECT_DIRECTORY,
        capture_output=True,
        text=True,
    )

    print(done.stdout)
    said = json.loads(done.stdout.splitlines()[-1])
    assert (said["findings"], done.returncode) == ([], 0), done.stdout + done.stderr
    assert said["injections"] >= 5
    assert said["pictures"] > SECONDS
    assert said["functions"]["answered"] > 0
