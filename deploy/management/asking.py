"""The question before something is changed on AWS."""

from django.core.management.base import CommandError, CommandParser


def add_yes(parser: CommandParser) -> None:
    """The options of every command that changes things on AWS."""
    parser.add_argument("--yes", action="store_true", help="ask for nothing")


def confirmed(question: str, expected: str) -> None:
    """Go on only after `expected` was typed. Raises CommandError."""
    try:
        answer = input(question)
    except EOFError:
        raise CommandError("Nobody is here to ask: give --yes.") from None
    if answer.strip() != expected:
        raise CommandError("Nothing was changed.")
