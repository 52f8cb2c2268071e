"""What a stop means for waiting clients: some seconds more, then 503 and their answer's address.

Without it the server cuts their connections when its grace is over, and they never learn under
which address their answer will be.
"""

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

GRACE_VARIABLE = "FACEWEB_GRACEFUL_SECONDS"
"""How the server tells its processes when it cuts connections after the signal."""


def last_seconds() -> float:
    """How long answers may still come after the signal: half of the server's grace."""
    return float(os.environ.get(GRACE_VARIABLE, "10")) / 2


SIGNALS = (signal.SIGTERM, signal.SIGINT)


def before_stop(give_up: Callable[[], None], seconds: float) -> None:
    """Call `give_up` in this event loop, some seconds after a signal that ends the server.

    The server's own handlers run as well. Outside the main thread (tests) there are no signals.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        _chain(number, lambda: loop.call_soon_threadsafe(loop.call_later, seconds, give_up))


def _chain(number: signal.Signals, first: Callable[[], object]) -> None:
    servers = signal.getsignal(number)

    def handle(signum: int, frame: FrameType | None) -> None:
        first()
        if callable(servers):
            servers(signum, frame)

    signal.signal(number, handle)
