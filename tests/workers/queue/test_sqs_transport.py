"""When a worker's channel asks for messages, and with which client."""

from __future__ import annotations

import io
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pycurl
import pytest
import urllib3
from botocore.exceptions import EndpointConnectionError
from kombu.asynchronous.http import Headers, Response
from kombu.transport import SQS
from vine import promise

from foundation import aws
from foundation.aws.deleting import delete_messages
from foundation.aws.provisioning import provision
from foundation.aws.queue_depth import queue_depth
from foundation.config import Settings, get_settings
from workers.queue import sqs_transport
from workers.queue.sqs_transport import (
    DONE_SECONDS,
    FULL_SECONDS,
    Channel,
    HttpConnection,
    PollingConnection,
)

QUEUE = "requests"


class Timer:
    def __init__(self, run: Callable[[], None]) -> None:
        self.run = run
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True


class Hub:
    """An event loop that does what it is told when the test says so."""

    def __init__(self) -> None:
        self.soon: list[Callable[[], None]] = []
        self.later: list[tuple[float, Timer]] = []

    def call_soon(self, run: Callable[..., None], *arguments: Any) -> None:
        self.soon.append(lambda: run(*arguments))

    def call_later(self, seconds: float, run: Callable[..., None], *arguments: Any) -> Timer:
        timer = Timer(lambda: run(*arguments))
        self.later.append((seconds, timer))
        return timer

    def run_soon(self) -> None:
        while self.soon:
            self.soon.pop(0)()

    def fire(self) -> None:
        due, self.later = self.later, []
        for _, timer in due:
            if not timer.is_cancelled:
                timer.run()


class Room:
    """Whether a process is free, and what SQS said of each message that is in work."""

    def __init__(self) -> None:
        self.is_free = False
        self.in_work: dict[str, SimpleNamespace] = {}

    def can_consume(self) -> bool:
        return self.is_free

    def take(self, receipt: str, url: str = "https://sqs/requests") -> None:
        info = {"sqs_queue": url, "sqs_message": {"ReceiptHandle": receipt}}
        self.in_work[receipt] = SimpleNamespace(delivery_info=info)

    def get(self, delivery_tag: str) -> SimpleNamespace:
        return self.in_work[delivery_tag]

    def ack(self, delivery_tag: str) -> None:
        del self.in_work[delivery_tag]


@pytest.fixture
def polls() -> list[str]:
    return []


@pytest.fixture
def channel(monkeypatch: pytest.MonkeyPatch, polls: list[str]) -> Channel:
    """A channel between a hub and a pool of processes; its polls go nowhere."""
    monkeypatch.setattr(SQS.Channel, "_schedule_queue", lambda _, queue: polls.append(queue))
    for verb in ("basic_ack", "basic_reject"):
        monkeypatch.setattr(SQS.Channel, verb, lambda *_, **__: None)
    channel: Channel = Channel.__new__(Channel)
    channel._full, channel._done = {}, {}
    channel.hub, channel._qos, channel._active_queues = Hub(), Room(), [QUEUE]
    monkeypatch.setattr(Channel, "qos", property(lambda self: self._qos))
    return channel


def test_a_full_worker_asks_again_only_when_one_of_its_tasks_has_ended(
    channel: Channel, polls: list[str]
) -> None:
    channel._schedule_queue(QUEUE)
    assert polls == []

    channel._qos.is_free = True
    channel.basic_ack("a receipt")
    channel.hub.run_soon()

    assert polls == [QUEUE]


def test_the_end_of_a_task_leaves_one_chain_of_polls(channel: Channel, polls: list[str]) -> None:
    """Two chains would ask twice as often, and twice that after the next full moment."""
    channel._schedule_queue(QUEUE)
    channel._schedule_queue(QUEUE)
    channel._qos.is_free = True
    channel.basic_reject("a receipt", requeue=False)
    channel.basic_ack("another")
    channel.hub.run_soon()
    channel.hub.fire()

    assert polls == [QUEUE]


def test_an_end_that_nobody_told_is_found_by_the_timer(channel: Channel, polls: list[str]) -> None:
    channel._schedule_queue(QUEUE)
    assert [seconds for seconds, _ in channel.hub.later] == [FULL_SECONDS]

    channel.hub.fire()
    assert polls == []  # still full: it goes on waiting
    assert len(channel.hub.later) == 1

    channel._qos.is_free = True
    channel.hub.fire()
    assert polls == [QUEUE]


def test_a_worker_with_room_asks_at_once(channel: Channel, polls: list[str]) -> None:
    channel._qos.is_free = True
    channel._schedule_queue(QUEUE)

    assert polls == [QUEUE]
    assert channel.hub.later == []


def test_all_channels_share_the_clients_connections(channel: Channel) -> None:
    settings = get_settings()

    assert channel.new_sqs_client("region", "key", "secret") is aws.client("sqs", settings)


@pytest.fixture
def deleted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    """Calls that delete: a queue's address, and receipts."""
    calls: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(
        sqs_transport, "delete_messages", lambda url, receipts, _: calls.append((url, receipts))
    )
    return calls


def finish(channel: Channel, *receipts: str) -> None:
    for receipt in receipts:
        channel.qos.take(receipt)
        channel.basic_ack(receipt)


def test_messages_that_are_done_within_a_moment_are_deleted_by_one_call(
    channel: Channel, deleted: list[tuple[str, list[str]]]
) -> None:
    finish(channel, "a", "b", "c")
    assert (deleted, channel.qos.in_work) == ([], {})
    assert [seconds for seconds, _ in channel.hub.later] == [DONE_SECONDS]

    channel.hub.fire()
    assert deleted == [("https://sqs/requests", ["a", "b", "c"])]

    finish(channel, "d")
    channel.hub.fire()
    assert deleted[1:] == [("https://sqs/requests", ["d"])]


def test_ten_are_deleted_at_once(channel: Channel, deleted: list[tuple[str, list[str]]]) -> None:
    finish(channel, *"abcdefghijk")
    assert [receipts for _, receipts in deleted] == [list("abcdefghij")]

    channel.hub.fire()
    assert [receipts for _, receipts in deleted] == [list("abcdefghij"), ["k"]]


@pytest.mark.parametrize("end", ["basic_cancel", "close"])
def test_a_worker_that_stops_deletes_at_once_what_is_done(
    channel: Channel,
    deleted: list[tuple[str, list[str]]],
    monkeypatch: pytest.MonkeyPatch,
    end: str,
) -> None:
    monkeypatch.setattr(SQS.Channel, end, lambda *_: None)
    finish(channel, "a")
    getattr(channel, end)(*(["a tag"] if end == "basic_cancel" else []))
    assert deleted == [("https://sqs/requests", ["a"])]

    channel._active_queues = []  # the tasks that were in work still end
    finish(channel, "b", "c")
    assert [receipts for _, receipts in deleted] == [["a"], ["b"], ["c"]]


def test_what_can_not_be_deleted_does_not_end_the_worker(
    channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(url: str, *_: Any) -> None:
        raise EndpointConnectionError(endpoint_url=url)

    monkeypatch.setattr(sqs_transport, "delete_messages", away)

    finish(channel, "a")
    channel.hub.fire()

    assert channel._done == {}


def test_deleted_messages_are_gone(cloud_settings: Settings) -> None:
    provision(cloud_settings)
    sqs = aws.client("sqs", cloud_settings)
    url = aws.queue_url(cloud_settings.request_queue, cloud_settings)
    for number in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=f"task {number}")
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]

    delete_messages(url, [message["ReceiptHandle"] for message in received], cloud_settings)

    assert queue_depth(cloud_settings.request_queue, cloud_settings).total == 0


class SendingAtOnce:
    """In place of kombu's HTTP client: sends a poll's request by another, and waits for it."""

    def add_request(self, request: Any) -> None:
        sent = urllib3.request(
            request.method, request.url, headers=dict(request.headers), body=request.body
        )
        request.on_ready(
            Response(request, sent.status, buffer=io.BytesIO(sent.data), headers=Headers())
        )


def poll(settings: Settings) -> tuple[PollingConnection, list[Any]]:
    """One poll of the request queue: the connection, and what the channel was told."""
    connection = PollingConnection(aws.client("sqs", settings), http_client=SendingAtOnce())
    told: list[Any] = []
    queue = settings.request_queue
    connection.receive_message(
        queue, aws.queue_url(queue, settings), number_messages=2, wait_time_seconds=0,
        callback=promise(told.append),
    )  # fmt: skip
    return connection, told


def test_a_poll_brings_what_sqs_has(cloud_settings: Settings) -> None:
    provision(cloud_settings)
    url = aws.queue_url(cloud_settings.request_queue, cloud_settings)
    aws.client("sqs", cloud_settings).send_message(QueueUrl=url, MessageBody="a task")

    connection, told = poll(cloud_settings)

    (message,) = told[0]["Messages"]
    assert message["Body"] == "a task"
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    assert connection.failures == 0


def test_a_poll_that_is_refused_is_counted_and_brings_nothing(cloud_settings: Settings) -> None:
    provision(cloud_settings)
    url = aws.queue_url(cloud_settings.request_queue, cloud_settings)
    aws.client("sqs", cloud_settings).delete_queue(QueueUrl=url)

    connection, told = poll(cloud_settings)

    assert told == [{}]
    assert connection.failures == 1


def test_certificates_in_a_folder_of_any_name_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clone below a folder with an umlaut: workers took no picture there."""
    monkeypatch.setattr(
        "kombu.asynchronous.aws.connection.get_cert_path", lambda *_: "/my clöne/cacert.pem"
    )
    connection = HttpConnection(http_client=object())
    connection.request("POST", "http://127.0.0.1/", b"{}", {})

    request = connection.getrequest()

    pycurl.Curl().setopt(pycurl.CAINFO, request.ca_certs)
    assert request.ca_certs.decode() == "/my clöne/cacert.pem"
