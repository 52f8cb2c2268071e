"""Options that several commands have: which collection, and how long they wait for workers."""

from argparse import ArgumentParser


def add_collection(parser: ArgumentParser) -> None:
    """Add the option. `faceweb.collections.reach.named_by_operator` reads it."""
    parser.add_argument(
        "--collection", metavar="NAME",
        help="the collection, or TEAM/NAME where several teams have that name (the default one)",
    )  # fmt: skip


def add_patience(parser: ArgumentParser) -> None:
    """Add the option of commands that wait for the workers."""
    parser.add_argument(
        "--patience", type=float, default=600.0, metavar="SECONDS",
        help="give up after this time without any progress (default: 600)",
    )  # fmt: skip
