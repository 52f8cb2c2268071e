"""Whether new pictures and videos are taken, or an operator has paused that."""

import time
from dataclasses import dataclass

from scaler.record import orders

LOOK_SECONDS = 1.0
PAUSED = (
    "New pictures and videos are not taken just now: an operator has paused the intake. "
    "Nothing of this one was kept; send it again later."
)


@dataclass(slots=True)
class _Seen:
    at: float | None = None
    is_paused: bool = False


_seen = _Seen()


def is_paused() -> bool:
    """Asks the database once a second; runs in a thread. Raises DatabaseError."""
    now = time.monotonic()
    if _seen.at is None or now - _seen.at >= LOOK_SECONDS:
        _seen.is_paused, _seen.at = orders.standing().is_paused, now
    return _seen.is_paused
