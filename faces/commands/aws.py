"""`faces aws up`, `faces aws down`: the same system on AWS."""

import click

from faces.django_side import manage
from faces.group import Group
from faces.output import as_json

YES = click.option("--yes", is_flag=True, help="Ask for nothing.")


@click.group(cls=Group)
def aws() -> None:
    """Make the system on AWS, or remove it."""


@aws.command(example="faces aws up --dry-run")
@click.option("-p", "--parameter", multiple=True, metavar="NAME=VALUE",
              help="A parameter of deploy/template/; may be given several times.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@YES
@as_json
def up(parameter: tuple[str, ...], dry_run: bool, yes: bool, as_json: bool) -> None:
    """Make the system on AWS, or change it."""
    manage("provision", parameter=list(parameter), dry_run=dry_run, yes=yes, as_json=as_json)


@aws.command(example="faces aws down")
@YES
@as_json
def down(yes: bool, as_json: bool) -> None:
    """Remove the system from AWS, data and all."""
    manage("deprovision", yes=yes, as_json=as_json)


COMMANDS = (aws,)
