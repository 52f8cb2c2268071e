"""A worker goes on after every kind of failure of its queue."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator

import pytest
from celery import Celery

from faceweb.replies.collector import BEGINNINGS_OF_S3
from foundation import aws, messages
from foundation.aws.provisioning import provision
from foundation.config import Settings
from localcloud.emulator.emulator_process import running_emulator
from localcloud.system.environment import children_environment
from localcloud.system.processes import Child, stop_all
from tests.support.factories import make_settings
from tests.system.fault_proxy import FaultProxy, answer, cut_short, reset, running_proxy
from tests.system.running import wait_for
from workers.app import transport_options


class Tier:
    """An app tier whose road to SQS leads through a proxy that can fail."""

    def __init__(self, settings: Settings, proxy: FaultProxy, worker: Child) -> None:
        self.settings, self.proxy, self.worker = settings, proxy, worker
        self.sender = Celery(broker="sqs://", set_as_current=False)
        self.sender.conf.update(
            broker_transport_options=transport_options(settings),
            task_default_queue=settings.request_queue,
        )
        self.replied: set[str] = set()

    def send(self) -> str:
        task_id = str(uuid.uuid4())
        self.sender.send_task(messages.NOOP_TASK, task_id=task_id)
        return task_id

    def has_reply(self, task_id: str) -> bool:
        sqs = aws.client("sqs", self.settings)
        url = aws.queue_url(self.settings.response_queue, self.settings)
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get(
            "Messages", []
        ):
            if not message["Body"].startswith(BEGINNINGS_OF_S3):
                self.replied.add(str(messages.decode_reply(message["Body"]).job_id))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return task_id in self.replied


@pytest.fixture(scope="module")
def tier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tier]:
    scratch = tmp_path_factory.mktemp("tier")
    base = make_settings(
        var_dir=scratch, visibility_timeout_seconds=5, task_time_limit_seconds=4.0,
        receive_wait_seconds=1, faceweb_id="badday",
    )  # fmt: skip
    with (
        running_emulator(base, scratch) as variables,
        running_proxy(variables["AWS_ENDPOINT_URL"]) as proxy,
    ):
        settings = base.model_copy(update={"aws_endpoint_url": variables["AWS_ENDPOINT_URL"]})
        provision(settings)
        ready = scratch / "ready"
        environment = children_environment(
            settings.model_copy(update={"aws_endpoint_url": proxy.url}),
            {**variables, "AWS_ENDPOINT_URL": proxy.url},
        )
        worker = Child(
            "worker", [sys.executable, "-m", "celery", "-A", "workers", "worker"],
            {**environment, "READY_FILE": str(ready)}, scratch / "worker.log",
        )  # fmt: skip
        worker.start()
        try:
            wait_for(ready.exists, 120, "the worker's start")
            yield Tier(settings, proxy, worker)
        finally:
            stop_all([worker], seconds=10)


FAULTS = {
    "500": answer(500, b"{}"),
    "503": answer(503, b"slow down", "text/plain"),
    "throttled": answer(400, b'{"__type": "com.amazonaws.sqs#RequestThrottled"}'),
    "expired token": answer(403, b'{"__type": "ExpiredTokenException"}'),
    "no queue": answer(400, b'{"__type": "com.amazonaws.sqs#QueueDoesNotExist"}'),
    "not JSON": answer(200, b"<html>a proxy's page</html>"),
    "reset": reset,
    "cut short": cut_short,
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_worker_hears_again_after_its_queue_failed(tier: Tier, kind: str) -> None:
    with tier.proxy.failing("ReceiveMessage", FAULTS[kind]):
        wait_for(lambda: tier.proxy.failed >= 3, 30, "three failed polls")
        task_id = tier.send()

    wait_for(lambda: tier.has_reply(task_id), 30, "the reply")


@pytest.mark.parametrize("kind", ["500", "reset"])
def test_a_reply_that_could_not_be_sent_is_sent_later(tier: Tier, kind: str) -> None:
    with tier.proxy.failing("SendMessage", FAULTS[kind]):
        task_id = tier.send()
        wait_for(lambda: tier.proxy.failed >= 1, 30, "a failed send")

    wait_for(lambda: tier.has_reply(task_id), 60, "the reply")


def test_a_task_that_could_not_be_acknowledged_is_answered(tier: Tier) -> None:
    with tier.proxy.failing("DeleteMessageBatch", FAULTS["500"]):
        task_id = tier.send()
        wait_for(lambda: tier.proxy.failed >= 1, 30, "a failed acknowledgement")

    wait_for(lambda: tier.has_reply(task_id), 30, "the reply")
    next_one = tier.send()
    wait_for(lambda: tier.has_reply(next_one), 30, "the next reply")


def test_a_worker_that_heard_nothing_for_long_stops_cleanly(tier: Tier) -> None:
    """Runs last in this file: it ends the worker."""
    with tier.proxy.failing("ReceiveMessage", reset):
        wait_for(lambda: tier.proxy.failed >= 2, 30, "failed polls")
        tier.worker.terminate()
        wait_for(tier.worker.has_ended, 60, "the stop")

    assert tier.worker.poll() == 0
