"""An interruption of `runlocal` is heard wherever in the code it arrives."""

from __future__ import annotations

import os
import signal
import sys
import time
import weakref
from collections.abc import Iterator

import pytest

from localcloud.management.commands import runlocal


class Thing:
    """Something with a destructor."""


@pytest.fixture(autouse=True)
def signals_of_runlocal() -> Iterator[None]:
    before = {
        number: signal.signal(number, runlocal._interrupt) for number in runlocal.INTERRUPTIONS
    }
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("number", runlocal.STOP_SIGNALS)
def test_an_interruption_that_a_destructor_drops_is_raised_again(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runlocal, "HEARD_SECONDS", 0.05)
    thing = Thing()
    weakref.finalize(thing, os.kill, os.getpid(), number)

    with pytest.raises(KeyboardInterrupt):
        del thing
        time.sleep(30)


class Failing:
    """Something whose destructor fails."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def __del__(self) -> None:
        raise self._error


def test_an_interruption_that_is_raised_again_leaves_no_traceback_and_other_errors_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "unraisablehook", runlocal._say_dropped)

    Failing(KeyboardInterrupt())
    assert capsys.readouterr().err == ""

    Failing(ValueError("lost"))
    assert "ValueError: lost" in capsys.readouterr().err
