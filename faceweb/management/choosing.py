"""`--collection NAME`: which collection a command works in."""

from __future__ import annotations

from argparse import ArgumentParser


def add_collection(parser: ArgumentParser) -> None:
    """Add the option. `faceweb.collections.reach.named_by_operator` reads it."""
    parser.add_argument(
        "--collection", metavar="NAME",
        help="the collection, or TEAM/NAME where several teams have that name (the default one)",
    )  # fmt: skip
