"""Cuts a list into parts, for what takes only so many at once."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def in_parts(things: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The things in their order, `size` at a time. `itertools.batched` does so from Python 3.12."""
    for start in range(0, len(things), size):
        yield things[start : start + size]
