"""What goes wrong, in one sentence with the next step; never a traceback."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

FOR_PEOPLE = (
    ("django.core.management.base", "CommandError"),
    ("faceweb.access.keys", "KeyNameTaken"),
    ("faceweb.access.passwords", "PasswordRefused"),
    ("faceweb.backup.archive", "BackupRefused"),
    ("faceweb.collections.teams", "TeamRefused"),
    ("localcloud.system.models_at_hand", "StartRefused"),
    ("localcloud.system.supervisor", "ChildGivenUp"),
)
"""Errors whose text is a sentence that says what to do."""


class Problem(click.ClickException):
    """A command can't go on; the text says why, and what to do."""

    def show(self, _file: object = None) -> None:
        """Print the sentence to standard error, after the program's name."""
        click.echo(f"faces: {self.message}", err=True)


class Misused(Problem):
    """Words that the command does not know."""

    exit_code = 2


@contextmanager
def translate_usage_errors() -> Iterator[None]:
    """Turn what click says of wrong words, four lines, into one sentence."""
    try:
        yield
    except click.exceptions.NoArgsIsHelpError:
        raise
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "faces"
        raise Misused(f"{error.format_message()} `{command} --help` tells how.") from None


@contextmanager
def translate_errors() -> Iterator[None]:
    """Turn every foreseen error into a Problem, and Ctrl-C into a line."""
    try:
        yield
    except KeyboardInterrupt:
        raise Problem("Stopped.") from None
    except click.ClickException:
        raise
    except Exception as error:
        if sentence := _sentence(error):
            raise Problem(sentence) from None
        raise


def _sentence(error: Exception) -> str | None:
    """The error's message, where it was written for people.

    Only what is loaded already can have raised it, so nothing is imported to find out. A full disk
    comes first: what fails for want of room says something else.
    """
    if _is_a(error, "foundation.config", "ConfigurationError"):
        return f"The configuration can't be used:\n{error}"
    if problem := _of_the_state(error):
        return problem
    if isinstance(error, OSError):
        from recognition.errors import in_words

        return in_words(error)
    is_for_people = any(_is_a(error, module, name) for module, name in FOR_PEOPLE)
    return str(error) if is_for_people else None


def _of_the_state(error: Exception) -> str | None:
    """The problem with the state's folder, where settings were read."""
    if "foundation.config" not in sys.modules:
        return None
    from foundation.config import get_settings
    from foundation.local_state.state_problems import state_problem

    return state_problem(error, get_settings().var_dir)


def _is_a(error: Exception, module: str, name: str) -> bool:
    known = getattr(sys.modules.get(module), name, None)
    return known is not None and isinstance(error, known)
