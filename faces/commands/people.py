"""`faces enrol`, `faces models`: who is known, and by which model."""

from argparse import Namespace
from pathlib import Path

import click

from faces.commands.pictures import FOLDER, PICTURE
from faces.django_side import django_ready, manage
from faces.group import Command
from faces.output import as_json

COLLECTION = click.option(
    "--collection", metavar="NAME", help="The collection, or TEAM/NAME (the default one)."
)


@click.command(cls=Command, example="faces enrol people/")
@click.argument("folder", type=FOLDER)
@click.option("--labels", type=PICTURE, metavar="CSV", help="Who is in which file: Image,Results.")
@click.option(
    "--faces", type=click.Choice(["any", "one"]), default="any",
    help="one: leave out pictures of several faces.",
)  # fmt: skip
@COLLECTION
@as_json
def enrol(
    folder: Path, labels: Path | None, faces: str, collection: str | None, as_json: bool
) -> None:
    """Add people: a sub-folder of pictures each."""
    manage("enrol", folder, labels=labels, faces=faces, collection=collection, as_json=as_json)


@click.command(cls=Command, example="faces models")
@click.option("--fetch", metavar="NAME", help="Get this model's files now.")
@click.option("--use", metavar="NAME", help="Embed everybody again with this model.")
@click.option("--yes", is_flag=True, help="With --use: ask for nothing.")
@COLLECTION
@as_json
def models(
    fetch: str | None, use: str | None, yes: bool, collection: str | None, as_json: bool
) -> None:
    """List the models, fetch or change one."""
    if use:
        manage("changemodel", use, yes=yes, collection=collection, as_json=as_json)
        return
    with django_ready() as settings:
        from recognition.console import model_list

        weights = settings.weights_directory
        model_list.models(Namespace(fetch=fetch, json=as_json, weights=weights))


COMMANDS = (enrol, models)
