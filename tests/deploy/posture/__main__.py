"""`python -m tests.deploy.posture FOLDER`: checkov and AWS's reference, by the tools in FOLDER/bin.

Fails for a fault of checkov's without a reason, for a reason without a fault, and for a permission
that AWS's service authorization reference does not know.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.stack.template import Template
from tests.deploy.made import PLACE
from tests.deploy.permissions.policies import ROLES, statements_of
from tests.deploy.posture.exceptions import NOT_IN_THE_REFERENCE, REASONS
from tests.deploy.test_template import SIZES


def checkov(tools: Path) -> tuple[int, Counter[str], dict[str, str]]:
    """How many checks passed, and how often which failed, in all sizes; and what checks mean."""
    template = Template.ours()
    with tempfile.TemporaryDirectory() as folder:
        for size, given in SIZES.items():
            text = template.rendered(template.values({**PLACE, **given}))
            path = Path(folder) / size / "template.json"
            path.parent.mkdir()
            path.write_text(text)
        said = subprocess.run(
            [tools / "checkov", "-d", folder, "--framework", "cloudformation", "--compact",
             "--quiet", "-o", "json"],
            capture_output=True, text=True,
        )  # fmt: skip
    found: Any = json.loads(said.stdout)
    failed = found["results"]["failed_checks"]
    names = {one["check_id"]: one["check_name"] for one in failed}
    return found["summary"]["passed"], Counter(one["check_id"] for one in failed), names


def unknown_permissions(tools: Path) -> list[str]:
    """What the roles may do that AWS's reference does not know."""
    template, wrong = Template.ours(), []
    extras = {"SpotInstances": "yes", "VideoBackend": "celery", "ShellAccess": "yes"}
    for given in SIZES.values():
        values = template.values({**PLACE, **given, **extras})
        statements = [
            asdict(one) for role in ROLES for one in statements_of(role, template, values)
        ]
        said = subprocess.run(
            [tools / "python", Path(__file__).with_name("reference.py")],
            input=json.dumps(statements), capture_output=True, text=True, check=True,
        )  # fmt: skip
        wrong += json.loads(said.stdout)
    return sorted(set(wrong))


def main(tools: Path) -> None:
    passed, failed, names = checkov(tools)
    table = Table("check", "finds", "times", "why it is so", title=f"checkov: {passed} passed")
    for check in sorted(failed.keys() | REASONS.keys()):
        reason = REASONS.get(check, "NO REASON")
        table.add_row(check, names.get(check, "NOTHING ANY MORE"), str(failed[check]), reason)
    Console(width=150).print(table)
    unknown = unknown_permissions(tools)
    for one in unknown:
        sys.stdout.write(f"{one}: {NOT_IN_THE_REFERENCE.get(one, 'NO REASON')}\n")
    is_well = failed.keys() == REASONS.keys() and set(unknown) == NOT_IN_THE_REFERENCE.keys()
    sys.stdout.write("Every exception has its reason.\n" if is_well else "Not all is well.\n")
    raise SystemExit(0 if is_well else 1)


if __name__ == "__main__":
    main(Path(sys.argv[1]) / "bin")
