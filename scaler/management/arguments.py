"""Command-line arguments that several of the scaler's commands share."""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Mapping
from typing import Any


def positive(text: str) -> float:
    """A number of seconds, over zero."""
    try:
        value = float(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a number") from None
    if not 0 < value < 1e9:
        raise ArgumentTypeError(f"{text} is not a positive number")
    return value


def count(text: str) -> int:
    """A whole number from 0 to 1,000."""
    if not text.isdecimal() or int(text) > 1000:
        raise ArgumentTypeError(f"{text!r} is not a whole number from 0 to 1000")
    return int(text)


LIMITS = (
    ("--min", "minimum", count, "fewest instances (SCALER_MIN)"),
    ("--max", "maximum", count, "most instances (SCALER_MAX)"),
    ("--interval", "interval_seconds", positive, "between two looks (SCALER_INTERVAL_SECONDS)"),
    ("--target", "target_latency_seconds", positive, "promised (TARGET_LATENCY_SECONDS)"),
    ("--delay", "scale_in_delay_seconds", positive,
     "that an unneeded instance is kept (SCALER_SCALE_IN_DELAY_SECONDS)"),
)  # fmt: skip
"""Each argument, its name in `Limits`, its type and its help."""


def add_limits(parser: ArgumentParser) -> None:
    """Arguments that change the policy's limits for this run."""
    for flag, name, kind, text in LIMITS:
        unit = "" if kind is count else "seconds "
        parser.add_argument(flag, dest=name, type=kind, metavar="N", help=f"{unit}{text}")


def changed_limits(options: Mapping[str, Any]) -> dict[str, Any]:
    """The limits that were given, by the names of `Limits`."""
    return {name: options[name] for _, name, _, _ in LIMITS if options[name] is not None}
