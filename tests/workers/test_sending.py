"""Our way of sending a task beside Celery's own, over the same transport."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery
from hypothesis import given
from hypothesis import strategies as st

from foundation import aws, messages
from tests.support.factories import make_settings
from workers import app, sending
from workers.app import transport_options

QUEUE = make_settings().request_queue
URL = f"http://sqs.invalid/1/{QUEUE}"


class Outbox:
    """A client of SQS that keeps what it is given."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send_message(self, **asked: Any) -> None:
        self.sent.append(asked)

    def get_queue_attributes(self, **_: Any) -> dict[str, Any]:
        """kombu declares a queue by its size, the first time."""
        return {"Attributes": {"ApproximateNumberOfMessages": "0"}}

    def only(self) -> tuple[str, dict[str, Any]]:
        """The queue's URL and the envelope of the one message, its body decoded."""
        (asked,) = self.sent
        self.sent.clear()
        assert set(asked) == {"QueueUrl", "MessageBody"}
        envelope = json.loads(base64.b64decode(asked["MessageBody"], validate=True))
        envelope["body"] = json.loads(base64.b64decode(envelope["body"], validate=True))
        return asked["QueueUrl"], envelope


@pytest.fixture(scope="module")
def outbox() -> Iterator[Outbox]:
    made = Outbox()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aws, "client", lambda service, settings: made)
        patch.setattr(aws, "queue_url", lambda name, settings: URL)
        patch.setattr(sending, "get_settings", make_settings)
        yield made


@pytest.fixture(scope="module")
def celery(outbox: Outbox) -> Celery:
    """An app that sends as `workers.app` would."""
    made = Celery("sender", set_as_current=False)
    made.conf.update(
        broker_url=f"{app.BROKER_SCHEME}://",
        broker_transport_options=transport_options(make_settings()),
        task_default_queue=QUEUE,
    )
    return made


NAMES = st.sampled_from([messages.RECOGNISE_TASK, messages.VERIFY_TASK, messages.SPLIT_VIDEO_TASK])
ARGUMENTS = st.dictionaries(st.text(max_size=20), st.text(max_size=60), max_size=4)


@given(NAMES, ARGUMENTS, st.uuids())
def test_the_message_is_the_one_that_celery_and_kombu_would_send(
    outbox: Outbox, celery: Celery, name: str, arguments: dict[str, str], task_id: uuid.UUID
) -> None:
    celery.send_task(name, kwargs=arguments, task_id=str(task_id), argsrepr="", kwargsrepr="")
    url, theirs = outbox.only()
    sending.send_task(name, arguments, str(task_id))

    assert outbox.only() == (url, {**theirs, "properties": _ours(theirs, task_id)})


def _ours(theirs: dict[str, Any], task_id: uuid.UUID) -> dict[str, Any]:
    """Without what nobody reads: a queue that RPC's result backend would answer to, what the
    headers say already, and a tag that kombu overwrites where the message is received."""
    properties = {**theirs["properties"], "delivery_tag": str(task_id), "reply_to": ""}
    return {name: properties[name] for name in properties if not name.endswith("repr")}
