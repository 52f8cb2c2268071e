"""`manage.py help`: our own commands first, each with what it does."""

import re
from collections.abc import Iterator
from textwrap import shorten

from django.conf import settings
from django.core.management import ManagementUtility, get_commands, load_command_class

HEAD = """`faces` does most of this more easily: see `faces --help`.
`manage.py help COMMAND` tells a command's options.
"""
LINE = 76


class Commands(ManagementUtility):
    """Django's commands and ours."""

    def main_help_text(self, commands_only: bool = False) -> str:
        """Our commands with a line each, then the names of Django's."""
        if commands_only:
            return str(super().main_help_text(commands_only=True))
        apps = dict(sorted(get_commands().items()))
        ours = {name: app for name, app in apps.items() if app in settings.OUR_APPS}
        width = max(map(len, ours))
        lines = [f"  {name:<{width}}  {what}" for name, what in first_words(ours)]
        rest = ", ".join(name for name in apps if name not in ours)
        return "\n".join([HEAD, "This system's commands:", *lines, "", f"Django's: {rest}"])


def first_words(commands: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Each command with its help's first sentence, or as much of it as fits in one line."""
    for name, app in commands.items():
        text = load_command_class(app, name).help
        sentence = re.split(r"[.:;](?= |$)| \(", text)[0]
        yield name, shorten(sentence, LINE, placeholder=" ...").replace(", ...", " ...")
