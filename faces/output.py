"""What commands print: text for people, or JSON."""

import json

import click

as_json = click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")


def show(text: str, value: object, wants_json: bool) -> None:
    """Print a result in the shape that was asked for."""
    click.echo(json.dumps(value, default=str) if wants_json else text)
