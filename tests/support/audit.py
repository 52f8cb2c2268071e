"""Looks for known vulnerabilities of pinned packages: `python -m tests.support.audit`.

The package index is asked (pip-audit). An index that knows nothing of vulnerabilities, such as a
mirror, is said to be one; that is no failure, because it is nobody's change that caused it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

PINNED = Path(__file__).resolve().parents[2] / "constraints.txt"


def main() -> int:
    command = [
        sys.executable, "-m", "pip_audit", "--requirement", str(PINNED), "--no-deps",
        "--disable-pip", "--progress-spinner", "off", "--format", "json",
    ]  # fmt: skip
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        packages: list[dict[str, Any]] = json.loads(ended.stdout)["dependencies"]
    except (ValueError, KeyError):
        reason = (ended.stderr.strip().splitlines() or ["no reason given"])[-1]
        print(f"pip-audit: nothing could be asked: {reason}")
        return 0
    known = [package for package in packages if "vulns" in package]
    vulnerable = [package for package in known if package["vulns"]]
    for package in vulnerable:
        found = ", ".join(one["id"] for one in package["vulns"])
        print(f"{package['name']} {package['version']}: {found}")
    print(
        f"pip-audit: {len(known)} of {len(packages)} packages are known to the index's "
        f"vulnerability service, {len(vulnerable)} with known vulnerabilities"
    )
    return 1 if vulnerable else 0


if __name__ == "__main__":
    sys.exit(main())
