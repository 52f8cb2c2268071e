"""Tasks per second through SQS: kombu's defaults and our settings, side by side in one run.

Both contenders have a real worker of as many processes, queues of their own on one emulator, and
the same no-op task; they take turns.
"""

from __future__ import annotations

import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from celery import Celery

from benchmarks.console import Advance
from benchmarks.system.private_system import private_settings
from foundation import aws, messages
from foundation.aws.deleting import delete_messages
from foundation.aws.provisioning import provision_queues
from foundation.config import Settings
from localcloud.emulator.emulator_process import running_emulator
from localcloud.system.environment import children_environment
from localcloud.system.processes import Child, stop_all
from workers.app import transport_options

OURS = "ours"
DEFAULTS = "kombu's defaults"
CELERY_APPS = {DEFAULTS: "benchmarks.queue.kombu_defaults", OURS: "workers"}
WARM_UP_SECONDS = 300.0
WORST_TASKS_PER_SECOND = 0.5
"""A contender that is slower than this is given up."""


class BenchmarkFailed(Exception):
    """No figure could be had; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Throughput:
    """One round of one contender, from the first send to the last reply."""

    contender: str
    tasks: int
    seconds: float

    @property
    def tasks_per_second(self) -> float:
        """Answered tasks per second of the round."""
        return self.tasks / self.seconds


class _Contender:
    """One Celery configuration: its queues, its worker, and a sender."""

    def __init__(self, name: str, settings: Settings, environment: dict[str, str]) -> None:
        self.name = name
        self._settings = settings
        provision_queues(settings)
        command = [sys.executable, "-m", "celery", "-A", CELERY_APPS[name], "worker"]
        self.worker = Child(name, command, environment, settings.var_dir / "worker.log")
        self._sender = Celery(broker="sqs://", set_as_current=False)
        self._sender.conf.update(
            broker_transport_options=transport_options(settings),
            task_default_queue=settings.request_queue,
        )

    def run(self, tasks: int, advance: Advance, patience_seconds: float) -> Throughput:
        """Send tasks and wait for as many replies. Raises BenchmarkFailed."""
        began = time.monotonic()
        waiting = {str(uuid.uuid4()) for _ in range(tasks)}
        for task_id in list(waiting):
            self._sender.send_task(messages.NOOP_TASK, task_id=task_id)
            waiting -= self._replied(wait_seconds=0)
            advance(self.name, tasks, tasks - len(waiting))
        while waiting:
            waiting -= self._replied(wait_seconds=1)
            advance(self.name, tasks, tasks - len(waiting))
            if self.worker.has_ended() or time.monotonic() - began > patience_seconds:
                raise BenchmarkFailed(
                    f"{self.name}: {len(waiting)} of {tasks} tasks were not answered:\n"
                    f"{self.worker.last_lines()}"
                )
        return Throughput(contender=self.name, tasks=tasks, seconds=time.monotonic() - began)

    def _replied(self, wait_seconds: int) -> set[str]:
        """Ids of up to 10 tasks that were answered."""
        sqs = aws.client("sqs", self._settings)
        url = aws.queue_url(self._settings.response_queue, self._settings)
        received = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=wait_seconds
        ).get("Messages", [])
        if received:
            receipts = [message["ReceiptHandle"] for message in received]
            delete_messages(url, receipts, self._settings)
        return {str(messages.decode_reply(message["Body"]).job_id) for message in received}


def measure(settings: Settings, counts: Sequence[int], advance: Advance) -> list[Throughput]:
    """Run every count with every contender, in turns. Raises BenchmarkFailed."""
    with _contenders(settings) as contenders:
        for contender in contenders:
            contender.run(1, advance, WARM_UP_SECONDS)
        return [
            contender.run(count, advance, 60 + count / WORST_TASKS_PER_SECOND)
            for count in counts
            for contender in contenders
        ]


@contextmanager
def _contenders(settings: Settings) -> Iterator[list[_Contender]]:
    with tempfile.TemporaryDirectory() as scratch, running_emulator(settings, Path(scratch)) as aws:
        contenders = []
        for number, name in enumerate(CELERY_APPS):
            own = private_settings(
                settings, Path(scratch) / str(number), aws["AWS_ENDPOINT_URL"],
                faceweb_id=f"bench-{number}", weights_dir=settings.weights_directory,
            )  # fmt: skip
            contenders.append(_Contender(name, own, children_environment(own, aws)))
        try:
            for contender in contenders:
                contender.worker.start()
            yield contenders
        finally:
            stop_all([contender.worker for contender in contenders], seconds=5)
