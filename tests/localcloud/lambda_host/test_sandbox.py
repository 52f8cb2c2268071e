"""Real processes, through AWS's own runtime client, doing well and badly."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from foundation.config import PROJECT_DIRECTORY
from localcloud.lambda_host.functions import LambdaFunction
from localcloud.lambda_host.sandbox import Sandbox

pytestmark = pytest.mark.system

ODD = "tests.localcloud.lambda_host.odd_functions"


def odd_function(handler: str, **changes: object) -> LambdaFunction:
    fields: dict[str, object] = {
        "name": handler,
        "handler": f"{ODD}.{handler}",
        "bucket": "b",
        "event_queue": "q",
        "timeout_seconds": 20.0,
        "memory_mb": 256,
    }
    return LambdaFunction(**{**fields, **changes})  # type: ignore[arg-type]


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Callable[..., Sandbox]]:
    made: list[Sandbox] = []

    def make(handler: str, **changes: object) -> Sandbox:
        function = odd_function(handler, **changes)
        made.append(Sandbox(function, os.environ, tmp_path / "log", PROJECT_DIRECTORY))
        return made[-1]

    yield make
    for one in made:
        if one.is_alive:
            one.close()


def test_a_function_gets_its_event_and_a_context(sandbox: Callable[..., Sandbox]) -> None:
    outcome = sandbox("echo").invoke('{"Zoë": [1, "+"]}', "r-1")

    assert outcome.succeeded, outcome
    assert outcome.payload["event"] == {"Zoë": [1, "+"]}
    assert outcome.payload["request_id"] == "r-1"
    assert 0 < outcome.payload["left_ms"] <= 30_000
    assert outcome.payload["memory"] == "256"


def test_a_process_stays_warm(sandbox: Callable[..., Sandbox]) -> None:
    warm = sandbox("echo")

    calls = [warm.invoke("{}", f"r-{n}").payload["calls"] for n in range(3)]

    assert calls == [1, 2, 3]
    assert warm.peak_memory_mb > 5


def test_an_error_is_told_and_leaves_the_process_warm(sandbox: Callable[..., Sandbox]) -> None:
    failing = sandbox("raises")

    outcome = failing.invoke('{"what": "face"}', "r-1")

    assert (outcome.error, outcome.message) == ("ValueError", "no face here")
    assert failing.is_alive


@pytest.mark.parametrize(
    ("handler", "changes", "error"),
    [
        ("dies", {}, "Runtime.ExitError"),
        ("eats_memory", {"memory_mb": 128}, "Runtime.OutOfMemory"),
        ("never_ends", {"timeout_seconds": -9.0}, "Sandbox.Timedout"),  # 1 s with the start
        ("not_there", {}, "Runtime.HandlerNotFound"),
    ],
)
def test_what_ends_a_process_is_named_and_nothing_is_left(
    sandbox: Callable[..., Sandbox], handler: str, changes: dict[str, object], error: str
) -> None:
    before = set(psutil.Process().children(recursive=True))
    broken = sandbox(handler, **changes)

    outcome = broken.invoke("{}", "r-1")

    assert outcome.error == error
    assert outcome.message
    assert not broken.is_alive
    assert set(psutil.Process().children(recursive=True)) <= before
