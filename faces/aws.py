"""`faces aws up`, `faces aws down`: the same system on AWS."""

from __future__ import annotations

import click

from faces.group import Group
from faces.output import as_json

ENDPOINT = click.option("--endpoint", metavar="URL", help="Another AWS, such as an emulator.")
YES = click.option("--yes", is_flag=True, help="Ask for nothing.")


@click.group(cls=Group)
def aws() -> None:
    """Make the system on AWS, or remove it."""


@aws.command(example="faces aws up --dry-run")
@click.option("-p", "--parameter", multiple=True, metavar="NAME=VALUE",
              help="A parameter of deploy/template/; may be given several times.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@ENDPOINT
@YES
@as_json
def up(parameter: tuple[str, ...], dry_run: bool, endpoint: str, yes: bool, as_json: bool) -> None:
    """Make the system on AWS, or change it."""
    from faces.django_side import manage

    manage(
        "provision", parameter=list(parameter), dry_run=dry_run, endpoint=endpoint, yes=yes,
        as_json=as_json,
    )  # fmt: skip


@aws.command(example="faces aws down")
@ENDPOINT
@YES
@as_json
def down(endpoint: str, yes: bool, as_json: bool) -> None:
    """Remove the system from AWS, data and all."""
    from faces.django_side import manage

    manage("deprovision", endpoint=endpoint, yes=yes, as_json=as_json)


COMMANDS = (aws,)
