"""`faces COMMAND`, or `python -m faces COMMAND`."""

import sys

import click

from faces.commands import aws, keys, mending, people, pictures, running, saving, setting, teams
from faces.group import CONTEXT, Group


@click.group(cls=Group, context_settings=CONTEXT)
def faces() -> None:
    """Send pictures, learn who is on them, and run the system that says so. `faces COMMAND --help`
    tells a command's options. Most take --json."""


for module in (running, pictures, people, keys, teams, setting, aws, mending, saving):
    for command in module.COMMANDS:
        faces.add_command(command)


def main() -> None:
    """Run one command. Errors are a sentence and exit status 1; wrong words are 2."""
    sys.exit(faces(prog_name="faces"))


if __name__ == "__main__":
    main()
