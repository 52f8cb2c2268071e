"""The page of all commands, from what each one's `--help` says."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from functools import cache

from django.core.management import get_commands, load_command_class

HEAD = """# Commands

This is what each command's own `--help` prints. Run them from the checkout, as
`.venv/bin/python manage.py NAME` or `.venv/bin/python -m MODULE`.
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
    for name, parser in parsers().items():
        parts.append(f"## {name}\n\n```text\n{parser.format_help().rstrip()}\n```\n")
        for word, sub in subcommands(parser):
            parts.append(f"### {name} {word}\n\n```text\n{sub.format_help().rstrip()}\n```\n")
    return "\n".join(parts)


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
