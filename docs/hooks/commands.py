"""The page of all commands, from what each one's `--help` says."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from functools import cache

import click
from django.core.management import get_commands, load_command_class

HEAD = """# Commands

This is what each command's own `--help` prints. `faces` is in `.venv/bin`. Run the others from the
checkout, as `.venv/bin/python manage.py NAME` or `.venv/bin/python -m MODULE`.
"""
OURS = ("faceweb", "scaler", "localcloud", "deploy", "workers", "foundation")
OF_DJANGO = (
    "--version", "-v", "--verbosity", "--settings", "--pythonpath", "--traceback", "--no-color",
    "--force-color", "--skip-checks",
)  # fmt: skip


def page() -> str:
    """Return the page: a section for each command."""
    os.environ["COLUMNS"] = "100"
    parts = [HEAD]
    for name, text in faces_help().items():
        heading = "##" if name == "faces" else "###"
        parts.append(f"{heading} {name}\n\n```text\n{text.rstrip()}\n```\n")
    for name, parser in parsers().items():
        parts.append(f"## {name}\n\n```text\n{parser.format_help().rstrip()}\n```\n")
        for word, sub in subcommands(parser):
            parts.append(f"### {name} {word}\n\n```text\n{sub.format_help().rstrip()}\n```\n")
    return "\n".join(parts)


def faces_help() -> dict[str, str]:
    """Return the help of `faces` and of each of its commands, by the words that are typed."""
    return {
        words: command.get_help(click.Context(command, info_name=words, max_content_width=100))
        for words, command in faces_commands().items()
    }


@cache
def faces_commands() -> dict[str, click.Command]:
    """Return the commands of `faces` by the words that are typed."""
    from faces.__main__ import faces

    return dict(_below("faces", faces))


def _below(words: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield words, command
    if isinstance(command, click.Group):
        for name, sub in command.commands.items():
            yield from _below(f"{words} {name}", sub)


@cache
def parsers() -> dict[str, argparse.ArgumentParser]:
    """Return the parser of each command, by the words that a user types before its options."""
    from recognition.__main__ import _parser as recogniser

    found = {f"manage.py {name}": _of_django(name, app) for name, app in _managed()}
    return {"python -m recognition": recogniser(), **found}


def _managed() -> Iterator[tuple[str, str]]:
    for name, app in sorted(get_commands().items()):
        if app.split(".")[0] in OURS:
            yield name, app


def _of_django(name: str, app: str) -> argparse.ArgumentParser:
    parser = load_command_class(app, name).create_parser("manage.py", name)
    for action in parser._actions:
        if set(action.option_strings) & set(OF_DJANGO):
            action.help = argparse.SUPPRESS
    return parser


def subcommands(
    parser: argparse.ArgumentParser,
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Yield the words that may follow a command, each with its own parser."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.items()
