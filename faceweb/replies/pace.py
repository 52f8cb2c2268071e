"""How long replies gather between two rounds of the collector.

A round costs the same whether it brings one reply or ten. Where many clients wait, each of them
does so for seconds. Nobody waits for longer than ten replies take to come: fifty clients of quick
workers get twice as many answers a second by that, for the same time of the processor.
"""

import time
from collections.abc import Callable

FULL_ROUND = 10
"""The most that SQS hands out at once."""
FEW_CLIENTS = 16
SECONDS_A_CLIENT, MOST_SECONDS = 0.01, 0.25
SHORTEST_ROUND_SECONDS = 0.001
KEPT = 0.8
"""What the rounds before the last count in the pace."""


def pause_seconds(came: int, waiting: int, a_second: float) -> float:
    """The pause after a round that brought so many replies, while clients wait and replies come at
    this pace.

    Few clients are answered at once. After a full round there are more already, and after an empty
    one the next reply is waited for by a long poll.
    """
    if not 0 < came < FULL_ROUND:
        return 0.0
    by_clients = SECONDS_A_CLIENT * max(waiting - FEW_CLIENTS, 0)
    return min(by_clients, MOST_SECONDS, FULL_ROUND / a_second)


class Pace:
    """How many replies come in a second, of late."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now, self._last = now, now()
        self._a_second = 0.0

    def after(self, came: int) -> float:
        """Replies a second, now that a round has brought so many."""
        last, self._last = self._last, self._now()
        seconds = max(self._last - last, SHORTEST_ROUND_SECONDS)
        self._a_second = KEPT * self._a_second + (1 - KEPT) * came / seconds
        return self._a_second
