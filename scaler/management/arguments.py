"""Command-line arguments that several of the scaler's commands share."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Mapping
from typing import cast

from scaler.record.replay import ChangedLimits

OPTIONS = {
    "min": ("minimum", "fewest instances (SCALER_MIN)"),
    "max": ("maximum", "most instances (SCALER_MAX)"),
    "interval": ("interval_seconds", "seconds between two looks (SCALER_INTERVAL_SECONDS)"),
    "target": ("target_latency_seconds", "seconds promised (TARGET_LATENCY_SECONDS)"),
    "delay": (
        "scale_in_delay_seconds",
        "seconds that an unneeded instance is kept (SCALER_SCALE_IN_DELAY_SECONDS)",
    ),
}
WHOLE = ("min", "max")


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


def add_limits(parser: ArgumentParser) -> None:
    """Arguments that change the policy's limits for this run."""
    for name, (_, text) in OPTIONS.items():
        kind = count if name in WHOLE else positive
        parser.add_argument(f"--{name}", type=kind, metavar="N", help=text)


def changed_limits(options: Mapping[str, object]) -> ChangedLimits:
    """The limits that were given, by the names of `Limits`."""
    given = {field: options[name] for name, (field, _) in OPTIONS.items()}
    return cast("ChangedLimits", {name: one for name, one in given.items() if one is not None})
