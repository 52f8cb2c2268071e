"""Which AWS a command talks to, and who it says it is."""

from __future__ import annotations

import os

from django.core.management.base import CommandError, CommandParser

from foundation.config import Settings, get_settings

EMULATOR_KEYS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}


def add_arguments(parser: CommandParser) -> None:
    """What every command has that changes things on AWS."""
    parser.add_argument(
        "--endpoint", metavar="URL", help="another AWS, such as an emulator on this machine"
    )
    parser.add_argument("--yes", action="store_true", help="ask for nothing")


def settings_for(endpoint: str | None) -> Settings:
    """The settings of this command. An emulator takes any keys, so it is given some."""
    if endpoint:
        os.environ["AWS_ENDPOINT_URL"] = endpoint
        for name, value in EMULATOR_KEYS.items():
            os.environ.setdefault(name, value)
        get_settings.cache_clear()
    return get_settings()


def confirmed(question: str, expected: str) -> None:
    """Go on only after `expected` was typed. Raises CommandError."""
    try:
        answer = input(question)
    except EOFError:
        raise CommandError("Nobody is here to ask: give --yes.") from None
    if answer.strip() != expected:
        raise CommandError("Nothing was changed.")
