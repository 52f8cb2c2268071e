"""Ids and numbers as forms send them: what is none is dropped, or is nobody's."""

import uuid

MOST_DIGITS = 18
"""A database takes no number that is much longer."""


def uuid_in(text: str) -> uuid.UUID:
    """The id that a text says, or one that no row has."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)


def number_in(text: str) -> int:
    """The number that a text says; 0 where it says none."""
    return next(iter(numbers_in(text)), 0)


def numbers_in(text: str) -> list[int]:
    """The numbers of "7,8,9"."""
    return [int(one) for one in text.split(",") if one.isdecimal() and len(one) <= MOST_DIGITS]
