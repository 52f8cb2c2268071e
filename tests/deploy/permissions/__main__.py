"""`python -m tests.deploy.permissions`: every role, what it may do, and whether it was seen to."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from deploy.stack.template import Template
from tests.deploy.permissions import recorded
from tests.deploy.permissions.exceptions import UNRECORDED
from tests.deploy.permissions.policies import ROLES, statements_of
from tests.deploy.permissions.table import allowed_but_unused, refused

SYSTEM, VPC = "faceweb", "vpc-1"


def main() -> None:
    template = Template.ours()
    extras = {
        "LambdaImageUri": "image",
        "SpotInstances": "yes",
        "VideoBackend": "celery",
        "ShellAccess": "yes",
    }
    values = template.values({"VpcId": VPC, "SubnetIds": "subnet-1", **extras})
    table = Table("role", "statement", "actions", "not recorded, because", title="Permissions")
    wrong = 0
    for role in ROLES:
        statements = statements_of(role, template, values)
        calls = [call for call in recorded.read() if call.role == role]
        unused = allowed_but_unused(calls, statements, SYSTEM, VPC)
        for one in statements:
            mine = [(action, on) for sid, action, on in unused if sid == one.sid]
            said = [
                UNRECORDED.get((role, one.sid, action, on), f"SUPERFLUOUS: {action} on {on}")
                for action, on in mine
            ]
            wrong += sum(text.startswith("SUPERFLUOUS") for text in said)
            table.add_row(role, one.sid, " ".join(one.actions), "; ".join(sorted(set(said))))
        for action, arn in refused(calls, statements, SYSTEM, VPC):
            table.add_row(role, "MISSING", action, arn)
            wrong += 1
    Console(width=150).print(table)
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()
