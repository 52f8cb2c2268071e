"""A task whose reply could not be sent is not acknowledged."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from celery.worker.request import Request

from workers.errors import ResponseNotSent
from workers.request import ReplyBeforeAcknowledge


@pytest.fixture
def request_in_work(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A request in the worker's parent process, with what Celery would do noted."""
    request = ReplyBeforeAcknowledge.__new__(ReplyBeforeAcknowledge)
    request.done = []  # type: ignore[attr-defined]
    monkeypatch.setattr(
        Request, "reject", lambda self, requeue: self.done.append(("reject", requeue))
    )
    monkeypatch.setattr(Request, "on_failure", lambda self, info, *a, **k: self.done.append("ack"))
    return request


def failed(error: BaseException) -> Any:
    return SimpleNamespace(exception=error)


def test_an_unsent_reply_puts_the_task_back(request_in_work: Any) -> None:
    request_in_work.on_failure(failed(ResponseNotSent("away")))

    assert request_in_work.done == [("reject", False)]


def test_an_unsent_reply_is_recognised_inside_celerys_wrapper(request_in_work: Any) -> None:
    wrapped = RuntimeError()
    wrapped.exc = ResponseNotSent("away")  # type: ignore[attr-defined]

    request_in_work.on_failure(failed(wrapped))

    assert request_in_work.done == [("reject", False)]


def test_any_other_failure_goes_celerys_way(request_in_work: Any) -> None:
    request_in_work.on_failure(failed(ValueError("odd")))

    assert request_in_work.done == ["ack"]


def test_a_time_out_whose_reply_was_not_sent_puts_the_task_back(
    request_in_work: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(self: Any, soft: bool, timeout: float) -> None:
        raise ResponseNotSent("away")

    monkeypatch.setattr(Request, "on_timeout", away)

    request_in_work.on_timeout(False, 25)

    assert request_in_work.done == [("reject", False)]
