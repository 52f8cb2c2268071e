"""What every fault has: a name, a time that it lasts, and two verbs."""

from __future__ import annotations

from typing import Protocol


class Fault(Protocol):
    """Something that goes wrong for a while."""

    @property
    def name(self) -> str: ...

    @property
    def hold_seconds(self) -> float:
        """Between `inject` and `undo`."""

    def inject(self) -> None:
        """Make it go wrong."""

    def undo(self) -> int:
        """Put it right again. Returns how many calls or processes it struck; 0: it did nothing."""
