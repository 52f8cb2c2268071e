"""The function face-burst: what it is told, and what it says of its run."""

from __future__ import annotations

import os
import uuid
from typing import Any

import pytest

from foundation import aws, messages
from foundation.config import get_settings
from foundation.fleet import identity
from foundation.fleet.function_reports import FunctionReport, decode_report, is_report
from tests.workers.queue.test_consuming import MemorySqs, request
from workers import runtime, work
from workers.lambdas import face_burst
from workers.lambdas.running import ready


class Context:
    aws_request_id = str(uuid.UUID(int=9))

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


class Warm:
    """A runtime that notes that it was made ready, and in which order."""

    def __init__(self, steps: list[str]) -> None:
        self.galleries, self._steps = self, steps

    def look_again(self) -> None:
        self._steps.append("galleries")

    def prepare(self) -> None:
        self._steps.append("model")


@pytest.fixture
def sqs(monkeypatch: pytest.MonkeyPatch) -> Any:
    queues = MemorySqs()
    monkeypatch.setattr(aws, "client", lambda service, settings: queues)
    monkeypatch.setattr(aws, "queue_url", lambda name, settings: name)
    monkeypatch.setattr(face_burst, "ready", ready.__wrapped__)  # keeps nothing for other tests
    monkeypatch.setattr("workers.lambdas.running.logs.configure", lambda settings: None)
    monkeypatch.setattr(os, "environ", dict(os.environ))
    yield queues
    identity.be_known_as("")
    get_settings.cache_clear()


def reports(sqs: MemorySqs) -> list[FunctionReport]:
    return [decode_report(text) for text in sqs.replies if is_report(text)]


def test_a_run_answers_what_is_queued_and_reports_its_begin_and_end(
    sqs: MemorySqs, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    monkeypatch.setattr(runtime, "current", lambda settings: Warm(steps))
    monkeypatch.setitem(
        work.TASKS, messages.RECOGNISE_TASK,
        lambda job, **_: identity.instance_id(get_settings()),
    )  # fmt: skip
    sqs.requests = [request(), request()]

    answer = face_burst.handler({"function": "burst-7"}, Context())

    assert steps == ["galleries", "model"]
    assert answer == {"function": "burst-7", "answered": 2}
    began, ended = reports(sqs)
    assert (began.function, began.ended_at, ended.answered) == ("burst-7", None, 2)
    assert ended.ended_at is not None
    assert sqs.replies.count("burst-7") == 2  # the answers say who gave them


def test_who_can_not_recognise_takes_no_picture(
    sqs: MemorySqs, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(Warm):
        def prepare(self) -> None:
            raise RuntimeError("no model")

    monkeypatch.setattr(runtime, "current", lambda settings: Broken([]))
    sqs.requests = [request()]

    with pytest.raises(RuntimeError):
        face_burst.handler({}, Context())

    assert (len(sqs.requests), sqs.replies) == (1, [])


@pytest.mark.parametrize("name", [None, 7, "", "../x", "A" * 65])
def test_a_run_without_a_sound_name_has_lambdas(name: object) -> None:
    assert face_burst._name({"function": name}, Context()) == Context.aws_request_id


def test_an_invocation_tells_the_thresholds_and_never_which_system_it_is(
    sqs: MemorySqs, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten: list[int] = []
    monkeypatch.setattr(runtime, "forget", lambda: forgotten.append(1))
    monkeypatch.setattr(face_burst, "ready", _Fresh())
    before = get_settings().faceweb_id
    event = {"settings": {"RECOGNITION_THRESHOLD": "0.7", "FACEWEB_ID": "other", "TRY_TURNED": 0}}

    settings = face_burst.settings_of(event)
    again = face_burst.settings_of(event)

    assert (settings.recognition_threshold, settings.faceweb_id) == (0.7, before)
    assert (again, len(forgotten)) == (settings, 1)


class _Fresh:
    """`ready` without logs."""

    def __call__(self) -> Any:
        return get_settings()

    def cache_clear(self) -> None: ...
