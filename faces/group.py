"""The group of all commands, and the text of every command's help."""

from collections.abc import Iterator
from typing import Any

import click

from faces.errors import translate_errors, translate_usage_errors

CONTEXT: dict[str, object] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Command(click.Command):
    """A command with an example: below its own help, and in the list of all."""

    def __init__(self, name: str | None, *, example: str, **attributes: Any) -> None:
        super().__init__(name, **attributes)
        self.example = example

    def format_epilog(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example below the help."""
        with formatter.section("Example"):
            formatter.write(f"{'':{formatter.current_indent}}{self.example}\n")

    def invoke(self, context: click.Context) -> object:
        """Run it, and turn errors into one sentence."""
        with translate_errors():
            return super().invoke(context)


class Group(click.Group):
    """Commands in the order in which they were added, each shown as its example."""

    command_class = Command

    def list_commands(self, _context: click.Context) -> list[str]:
        """The names in their order."""
        return list(self.commands)

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write every command's example, and what it does."""
        with formatter.section("Commands"):
            formatter.write_dl([(one.example, one.get_short_help_str(70)) for one in self.leaves()])

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Read the words, and turn usage errors into one sentence."""
        with translate_usage_errors():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, context: click.Context) -> object:
        """Run the command that is named."""
        with translate_usage_errors():
            return super().invoke(context)

    def leaves(self) -> Iterator[Command]:
        """All commands, those of groups within this one, too."""
        for one in self.commands.values():
            if isinstance(one, Group):
                yield from one.leaves()
            elif isinstance(one, Command):
                yield one


Group.group_class = Group
