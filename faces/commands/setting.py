"""`faces config`: every setting."""

import click

from faces.django_side import manage
from faces.group import Command
from faces.output import as_json


@click.command(cls=Command, example="faces config")
@click.option("--export", is_flag=True, help="Lines for a shell, so that boto3 there finds it.")
@as_json
def config(export: bool, as_json: bool) -> None:
    """Print every setting and its meaning."""
    manage("showconfig", export=export, as_json=as_json)


COMMANDS = (config,)
