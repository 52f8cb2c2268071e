"""The fleet as the scaler needs it: see it, launch, ask to stop, end."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from scaler.deciding.values import Instance


class Unseen(Exception):
    """A part of the world could not be seen just now; the text says why. It is not zero then."""


class Fleet(Protocol):
    """App instances of one system."""

    @property
    def refusal(self) -> str:
        """Why the last launch gave none, by EC2's code; empty where it gave one."""

    def describe(self) -> tuple[Instance, ...]:
        """All instances that are billed. Raises Unseen."""

    def launch(self, count: int) -> Sequence[str]:
        """Launch up to `count` instances; returns the ids of those that were launched."""

    def ask_to_stop(self, ids: Iterable[str]) -> None:
        """Tell instances to take no more messages, finish what they hold, and say so."""

    def terminate(self, ids: Iterable[str]) -> None:
        """End instances, whatever they do. One that is gone already is no error."""

    def why_gone(self, ids: Iterable[str]) -> Mapping[str, str]:
        """Why instances that we did not end are gone, as far as one can tell."""
