"""A function's consumer: what it does with a message is what an app instance's Celery does."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from foundation import aws, messages
from foundation.errors import ComesAgain, MalformedMessage
from foundation.fleet.functions import GRACE_SECONDS
from foundation.task_messages import decode_task, encode_task
from recognition.errors import NotAPicture
from tests.support.factories import make_settings
from workers import work
from workers.queue.consuming import Consumer
from workers.queue.in_hand import InHand, Life

JOB = uuid.UUID(int=7)
SETTINGS = make_settings()


class MemorySqs:
    """A queue of requests and one of replies; what is asked of it is noted."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.replies: list[str] = []
        self.told: list[tuple[str, Any]] = []
        self.takes_replies = True
        self.waits: list[int] = []

    def receive_message(self, WaitTimeSeconds: int, **_: object) -> dict[str, Any]:
        self.waits.append(WaitTimeSeconds)
        if not self.requests:
            return {}
        return {
            "Messages": [{"Body": self.requests.pop(0), "ReceiptHandle": "r", "MessageId": "m"}]
        }

    def send_message(self, QueueUrl: str, MessageBody: str) -> None:
        if not self.takes_replies:
            raise EndpointConnectionError(endpoint_url="nowhere")
        self.replies.append(MessageBody)

    def delete_message(self, **_: object) -> None:
        self.told.append(("deleted", len(self.replies)))

    def change_message_visibility(self, VisibilityTimeout: int, **_: object) -> None:
        self.told.append(("hidden", VisibilityTimeout))


@pytest.fixture
def sqs(monkeypatch: pytest.MonkeyPatch) -> MemorySqs:
    queues = MemorySqs()
    monkeypatch.setattr(aws, "client", lambda service, settings: queues)
    monkeypatch.setattr(aws, "queue_url", lambda name, settings: name)
    return queues


class Time:
    """A clock that is set by hand, and a process that notes that it was given up."""

    def __init__(self, left: float = 1000.0) -> None:
        self.now, self.ends, self.given_up = 0.0, left, 0

    def life(self) -> Life:
        def give_up() -> None:
            self.given_up += 1

        return Life(
            seconds_left=lambda: self.ends - self.now, give_up=give_up, now=lambda: self.now
        )


def never(beat: Callable[[], bool], pause: Callable[[], float]) -> Callable[[], None]:
    return lambda: None


def request(name: str = messages.RECOGNISE_TASK, **arguments: object) -> str:
    return encode_task(name, arguments or {"input_key": "a"}, str(JOB), "q")


def consume(monkeypatch: pytest.MonkeyPatch, done: Callable[..., str]) -> Consumer:
    monkeypatch.setitem(work.TASKS, messages.RECOGNISE_TASK, done)
    consumer = Consumer(SETTINGS, Time().life(), never)
    consumer.run()
    return consumer


def test_a_message_is_deleted_after_its_reply(
    sqs: MemorySqs, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqs.requests = [request()]

    consumer = consume(monkeypatch, lambda job, input_key: f"{job} {input_key}")

    assert (sqs.replies, sqs.told) == ([f"{JOB} a"], [("deleted", 1)])
    assert consumer.answered == 1


def test_a_run_waits_for_its_first_message_alone(
    sqs: MemorySqs, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqs.requests = [request(), request()]

    consume(monkeypatch, lambda job, input_key: f"{job} {input_key}")

    assert sqs.waits == [GRACE_SECONDS, 0, 0]


def test_a_bad_picture_is_answered_with_the_reason(
    sqs: MemorySqs, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqs.requests = [request()]

    def refuse(*_: object, **__: object) -> str:
        raise NotAPicture("The file is not a picture.")

    consume(monkeypatch, refuse)

    reply = messages.decode_reply(sqs.replies[0])
    assert (reply.job_id, reply.error_kind) == (JOB, messages.BAD_PICTURE)
    assert sqs.told == [("deleted", 1)]


def test_what_aws_refuses_now_stays_on_the_queue(
    sqs: MemorySqs, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqs.requests = [request()]

    def refuse(*_: object, **__: object) -> str:
        raise ComesAgain("S3 is away")

    consumer = consume(monkeypatch, refuse)

    assert (sqs.replies, sqs.told, consumer.answered) == ([], [], 0)


def test_a_message_whose_reply_is_not_taken_stays(
    sqs: MemorySqs, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqs.requests, sqs.takes_replies = [request()], False

    consumer = consume(monkeypatch, lambda *_, **__: "done")

    assert (sqs.told, consumer.answered) == ([], 0)


@pytest.mark.parametrize("name", ["os.system", "celery.backend_cleanup", ""])
def test_a_task_that_is_none_of_ours_is_told_its_job_and_stays(sqs: MemorySqs, name: str) -> None:
    sqs.requests = [request(name)]

    Consumer(SETTINGS, Time().life(), never).run()

    assert messages.decode_reply(sqs.replies[0]).state == messages.FAILED
    assert sqs.told == []


@pytest.mark.parametrize("body", ["", "words", "{}", "bm8=", '{"headers": 1, "body": "e30="}'])
def test_a_message_that_can_not_be_read_stays_and_the_next_is_done(
    sqs: MemorySqs, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    sqs.requests = [body, request()]

    consumer = consume(monkeypatch, lambda *_, **__: "done")

    assert (sqs.replies, consumer.answered) == (["done"], 1)


def test_a_step_of_a_video_is_left_to_an_app_instance(sqs: MemorySqs) -> None:
    sqs.requests = [request(messages.SPLIT_VIDEO_TASK, key="v.mp4"), request()]

    Consumer(SETTINGS, Time().life(), never).run()

    assert sqs.told == [("hidden", 1)]
    assert len(sqs.requests) == 1


def test_no_message_is_taken_when_the_time_is_nearly_up(sqs: MemorySqs) -> None:
    sqs.requests = [request()]

    Consumer(SETTINGS, Time(left=1.5).life(), never).run()

    assert len(sqs.requests) == 1


def test_a_message_is_kept_hidden_while_its_task_works(sqs: MemorySqs) -> None:
    time = Time()
    in_hand = InHand(str(JOB), "r", SETTINGS, time.life())

    assert in_hand.pause_seconds() == SETTINGS.visibility_timeout_seconds / 3
    time.now = 10.0
    assert in_hand.beat()
    assert sqs.told == [("hidden", SETTINGS.visibility_timeout_seconds)]


def test_a_task_over_its_limit_is_answered_and_ends_the_process(sqs: MemorySqs) -> None:
    time = Time()
    in_hand = InHand(str(JOB), "r", SETTINGS, time.life())
    time.now = SETTINGS.task_time_limit_seconds

    assert not in_hand.beat()

    assert messages.decode_reply(sqs.replies[0]).error_kind == messages.TOO_SLOW
    assert (sqs.told, time.given_up) == ([("deleted", 1)], 1)
    assert not in_hand.reply("too late")
    assert len(sqs.replies) == 1


def test_a_task_that_the_functions_end_would_cut_is_handed_back(sqs: MemorySqs) -> None:
    time = Time(left=5.0)
    in_hand = InHand(str(JOB), "r", SETTINGS, time.life())
    time.now = 4.0

    assert not in_hand.beat()

    assert (sqs.replies, sqs.told, time.given_up) == ([], [("hidden", 1)], 1)


def test_a_process_that_stood_still_takes_nothing_back(sqs: MemorySqs) -> None:
    time = Time()
    in_hand = InHand(str(JOB), "r", SETTINGS, time.life())
    time.now = SETTINGS.visibility_timeout_seconds + 1

    assert not in_hand.beat()

    assert (sqs.replies, sqs.told, time.given_up) == ([], [], 0)


def test_the_way_in_reads_what_the_web_tier_sends() -> None:
    task = decode_task(request(input_key="c/Zoë.jpg"))

    assert (task.name, task.job_id) == (messages.RECOGNISE_TASK, JOB)
    assert task.named == {"input_key": "c/Zoë.jpg"}


@pytest.mark.parametrize(
    "body", ["{}", "[1, 2]", "[{}, {}, {}]", "[[], [], {}]", "[" * 3000, "null"]
)
def test_arguments_that_are_not_celerys_are_refused(body: str) -> None:
    headers = {"id": str(JOB), "task": "recognise"}

    with pytest.raises(MalformedMessage):
        decode_task(json.dumps({"headers": headers, "body": body}))
