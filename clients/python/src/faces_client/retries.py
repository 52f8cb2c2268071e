"""When a request is tried again, and after how long. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

LONGEST_SECONDS = 30.0
PASSING = (429, 503, 504)
"""Too many requests, not available now, no answer yet."""
CONFLICT = 409
"""With Retry-After: the first request of the same key is still running."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How often, and how long apart.

    Parameters:
        attempts: how often a request is sent at most.
        first_seconds: the pause before the second attempt; each further pause is twice as long.
    """

    attempts: int = 4
    first_seconds: float = 0.5

    def pause(self, attempt: int, status: int | None, headers: Mapping[str, str]) -> float | None:
        """Seconds until the next attempt, or None where there is none.

        Parameters:
            attempt: how many attempts there were.
            status: the answer's status; None where no answer came.
        """
        stated = _seconds(headers.get("retry-after"))
        passing = status is None or status in PASSING or (status == CONFLICT and stated is not None)
        if not passing or attempt >= self.attempts:
            return None
        own = self.first_seconds * 2.0 ** (attempt - 1)
        return min(own if stated is None else stated, LONGEST_SECONDS)


def _seconds(text: str | None) -> float | None:
    try:
        return max(float(text), 0.0) if text is not None else None
    except ValueError:
        return None
