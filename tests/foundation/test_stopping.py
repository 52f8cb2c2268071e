"""A process is told to stop by a signal, and not ended by it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from foundation.stopping import stop_on_signals


@pytest.fixture(autouse=True)
def _handlers_as_before() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_sets_the_event(number: signal.Signals) -> None:
    stop = stop_on_signals()
    assert not stop.is_set()

    os.kill(os.getpid(), number)

    assert stop.wait(5)
