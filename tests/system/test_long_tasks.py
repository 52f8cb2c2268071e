"""A task that takes longer than the visibility timeout runs once; when its process dies, again."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from celery import Celery

from foundation.aws.provisioning import provision_queues
from foundation.aws.queue_depth import queue_depth
from foundation.config import Settings
from localcloud.system.environment import children_environment
from localcloud.system.processes import Child, stop_all
from tests.system.running import wait_for
from workers.app import transport_options

VISIBILITY_SECONDS = 6
"""The worker has to say within it that it still works, also on a busy machine."""
NAP_SECONDS = 9.0


class Sleepers:
    """Two workers on one queue, and a sender of naps."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings, self.diary = settings, folder / "diary"
        variables = {"AWS_ENDPOINT_URL": settings.aws_endpoint_url or ""}
        environment = children_environment(settings, variables)
        command = ["-m", "celery", "-A", "tests.system.long_task", "worker"]
        self.workers = [
            Child(f"worker {n}", [sys.executable, *command], environment, folder / f"{n}.log")
            for n in range(2)
        ]
        self._sender = Celery(broker="sqs://", set_as_current=False)
        self._sender.conf.update(
            broker_transport_options=transport_options(settings),
            task_default_queue=settings.request_queue,
        )

    def nap(self) -> None:
        arguments = {"diary": str(self.diary), "seconds": NAP_SECONDS}
        self._sender.send_task("nap", kwargs=arguments)

    def lines(self, word: str) -> list[str]:
        text = self.diary.read_text() if self.diary.exists() else ""
        return [line for line in text.splitlines() if line.startswith(word)]

    def is_queue_empty(self) -> bool:
        return queue_depth(self.settings.request_queue, self.settings).total == 0


@pytest.fixture
def sleepers(cloud_settings: Settings, tmp_path: Path) -> Iterator[Sleepers]:
    settings = cloud_settings.model_copy(
        update={
            "visibility_timeout_seconds": VISIBILITY_SECONDS,
            "task_time_limit_seconds": 1.0,
            "worker_processes": 1,
            "max_receive_count": 5,
        }
    )
    provision_queues(settings)
    both = Sleepers(settings, tmp_path)
    try:
        for worker in both.workers:
            worker.start()
        yield both
    finally:
        stop_all(both.workers, seconds=5)


def began(sleepers: Sleepers, times: int) -> Callable[[], bool]:
    return lambda: len(sleepers.lines("began")) >= times


def test_a_task_longer_than_the_visibility_timeout_runs_once(sleepers: Sleepers) -> None:
    sleepers.nap()

    wait_for(lambda: sleepers.lines("ended"), 60, "the end of the nap")
    wait_for(sleepers.is_queue_empty, 30, "the acknowledgement")

    assert len(sleepers.lines("began")) == 1


def test_a_long_task_whose_process_is_killed_runs_again(sleepers: Sleepers) -> None:
    sleepers.nap()
    wait_for(began(sleepers, 1), 60, "the nap")

    os.kill(int(sleepers.lines("began")[0].split()[1]), signal.SIGKILL)

    wait_for(lambda: sleepers.lines("ended"), 60, "the second nap's end")
    assert len(sleepers.lines("began")) == 2


def test_a_long_task_whose_whole_worker_is_killed_runs_again(sleepers: Sleepers) -> None:
    sleepers.nap()
    wait_for(began(sleepers, 1), 60, "the nap")
    process = int(sleepers.lines("began")[0].split()[1])

    os.killpg(os.getpgid(process), signal.SIGKILL)

    wait_for(lambda: sleepers.lines("ended"), 60, "the second nap's end")
    assert len(sleepers.lines("began")) == 2
