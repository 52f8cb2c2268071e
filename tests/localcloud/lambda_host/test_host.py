"""What becomes of events: tried again, given up, and told."""

from __future__ import annotations

import json
from collections.abc import Sequence

from localcloud.lambda_host.event_source import Event, dead_letter
from localcloud.lambda_host.functions import LambdaFunction
from localcloud.lambda_host.host import FunctionHost
from localcloud.lambda_host.runtime_api import InvocationResult

FUNCTION = LambdaFunction(name="f", handler="m.h", bucket="b", event_queue="q", concurrency=1)
CRASH = InvocationResult(error="Runtime.ExitError", message="the process ended (3)")


class MemoryEvents:
    """Records what is done with events."""

    def __init__(self) -> None:
        self.fate: list[str] = []
        self.given_up: list[InvocationResult] = []

    def prepare(self) -> None: ...

    def receive(self, wait_seconds: int) -> Event | None:
        return None

    def done(self, event: Event) -> None:
        self.fate.append("done")

    def try_again(self, event: Event) -> None:
        self.fate.append("again")

    def give_up(self, event: Event, request_id: str, outcome: InvocationResult) -> None:
        self.fate.append("given up")
        self.given_up.append(outcome)


class ScriptedEnvironment:
    """Gives the outcomes in turn; what is no result of the function ends it."""

    def __init__(self, outcomes: list[InvocationResult]) -> None:
        self._outcomes = outcomes
        self.invocations = 0
        self.peak_memory_mb = 1.0
        self.last_used = 0.0
        self.is_alive = True

    def invoke(self, event: str, request_id: str) -> InvocationResult:
        self.invocations += 1
        outcome = self._outcomes.pop(0)
        self.is_alive = not outcome.error.startswith("Runtime.")
        return outcome

    def close(self) -> None:
        self.is_alive = False


def run(outcomes: Sequence[InvocationResult], attempts: Sequence[int]) -> tuple[MemoryEvents, int]:
    """The fate of one event at these attempts, and how many processes it took."""
    events, made = MemoryEvents(), 0
    left = list(outcomes)

    def new() -> ScriptedEnvironment:
        nonlocal made
        made += 1
        return ScriptedEnvironment(left)

    host = FunctionHost(FUNCTION, events, new)
    for attempt in attempts:
        host.process(Event(body="{}", attempt=attempt, receipt="r"))
    host.finish()
    return events, made


def test_a_result_ends_an_event_and_the_process_is_used_again() -> None:
    events, made = run([InvocationResult(payload=1), InvocationResult(payload=2)], [1, 1])

    assert (events.fate, made) == (["done", "done"], 1)


def test_a_crash_is_tried_again_twice_in_new_processes_and_then_given_up() -> None:
    events, made = run([CRASH, CRASH, CRASH], [1, 2, 3])

    assert (events.fate, made) == (["again", "again", "given up"], 3)
    assert events.given_up == [CRASH]


def test_a_second_try_that_succeeds_is_enough() -> None:
    assert run([CRASH, InvocationResult(payload=1)], [1, 2])[0].fate == ["again", "done"]


def test_an_error_of_the_function_leaves_its_process() -> None:
    error = InvocationResult(error="ValueError", message="no")

    assert run([error, InvocationResult(payload=1)], [1, 2])[1] == 1


def test_an_event_whose_host_died_at_every_attempt_is_not_run_a_fourth_time() -> None:
    events, made = run([], [4])

    assert (events.fate, made) == (["given up"], 0)
    assert events.given_up[0].error == "Host.Died"


def test_a_dead_letter_has_the_event_and_the_reason() -> None:
    letter = dead_letter(
        FUNCTION, Event(body='{"Records": [1]}', attempt=3, receipt="r"), "id-1", CRASH
    )

    assert json.loads(json.dumps(letter)) == letter
    assert letter["requestPayload"] == {"Records": [1]}
    assert letter["requestContext"]["approximateInvokeCount"] == 3
    assert letter["requestContext"]["condition"] == "RetriesExhausted"
    assert letter["responsePayload"]["errorType"] == "Runtime.ExitError"


def test_pauses_grow_and_stay() -> None:
    assert [FUNCTION.pause_after(n) for n in (1, 2, 3)] == [1, 2, 2]
