"""The instance host: one worker for each instance, from boot to the end of what it holds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from localcloud.instance_host import InstanceHost, WrongConfiguration
from localcloud.supervisor import EX_CONFIG
from workers import lifecycle


class Cloud:
    """DescribeInstances and CreateTags over a dict of tags."""

    def __init__(self) -> None:
        self.tags: dict[str, dict[str, str]] = {}

    def get_paginator(self, operation: str) -> Cloud:
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        instances = [
            {
                "InstanceId": name,
                "State": {"Name": "running"},
                "LaunchTime": datetime(2026, 11, 1, tzinfo=UTC),
                "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
            }
            for name, tags in self.tags.items()
        ]
        return [{"Reservations": [{"Instances": instances}]}]

    def create_tags(self, Resources: list[str], Tags: list[dict[str, str]]) -> None:
        for name in Resources:
            self.tags[name] |= {tag["Key"]: tag["Value"] for tag in Tags}


class FakeWorker:
    """A worker that ends when the test says so."""

    def __init__(self) -> None:
        self.started = self.asked = 0
        self.exit_status: int | None = None

    def start(self) -> None:
        self.started += 1

    def terminate(self) -> None:
        self.asked += 1

    def has_ended(self) -> bool:
        return self.exit_status is not None

    def last_lines(self, count: int = 5) -> str:
        return "the gallery was made by another model"


class Hosted:
    """A host, its cloud, and the workers it made."""

    def __init__(self) -> None:
        self.cloud = Cloud()
        self.now = 0.0
        self.ready = False
        self.workers: dict[str, list[FakeWorker]] = {}
        self.host = InstanceHost(
            self.cloud, "faceweb", self.make, lambda name: self.ready, 3.0, lambda: self.now
        )

    def make(self, name: str) -> FakeWorker:
        self.workers.setdefault(name, []).append(FakeWorker())
        return self.workers[name][-1]

    def launch(self, name: str = "i-1") -> None:
        self.cloud.tags[name] = {lifecycle.WANTED_TAG: lifecycle.SERVE}

    def after(self, seconds: float) -> None:
        self.now += seconds
        self.host.watch_once()

    def said(self, name: str = "i-1") -> str | None:
        return self.cloud.tags[name].get(lifecycle.STATE_TAG)

    def running(self, name: str = "i-1") -> FakeWorker:
        """Boot an instance until it takes messages."""
        self.launch(name)
        self.after(0)
        self.after(3)
        self.ready = True
        self.after(1)
        return self.workers[name][-1]


def test_a_worker_starts_after_the_boot_and_says_when_it_is_ready() -> None:
    hosted = Hosted()
    hosted.launch()
    hosted.after(0)
    hosted.after(2.9)
    assert hosted.workers == {}

    hosted.after(0.1)
    assert hosted.workers["i-1"][0].started == 1
    assert hosted.said() is None

    hosted.ready = True
    hosted.after(1)
    assert hosted.said() == lifecycle.READY


def test_one_that_is_to_drain_is_asked_once_and_says_when_it_has_ended() -> None:
    hosted = Hosted()
    worker = hosted.running()
    hosted.cloud.tags["i-1"][lifecycle.WANTED_TAG] = lifecycle.DRAIN

    for _ in range(3):
        hosted.after(1)
    assert worker.asked == 1
    assert hosted.said() == lifecycle.READY

    worker.exit_status = 0
    hosted.after(1)
    assert hosted.said() == lifecycle.ENDED


def test_one_that_is_to_drain_while_it_boots_never_starts() -> None:
    hosted = Hosted()
    hosted.launch()
    hosted.after(0)
    hosted.cloud.tags["i-1"][lifecycle.WANTED_TAG] = lifecycle.DRAIN

    hosted.after(10)

    assert hosted.workers == {}
    assert hosted.said() == lifecycle.ENDED


def test_a_terminated_instances_worker_is_asked_to_finish_and_not_forgotten() -> None:
    hosted = Hosted()
    worker = hosted.running()
    del hosted.cloud.tags["i-1"]

    hosted.after(1)
    assert worker.asked == 1
    assert hosted.host.workers() == [worker]

    worker.exit_status = 0
    hosted.after(1)
    assert hosted.host.workers() == []


def test_a_worker_that_died_is_started_again_and_is_not_ready_meanwhile() -> None:
    hosted = Hosted()
    hosted.running().exit_status = -9
    hosted.ready = False

    hosted.after(0.1)
    assert hosted.said() == lifecycle.BOOTING
    hosted.after(1)

    assert len(hosted.workers["i-1"]) == 2


def test_a_worker_whose_configuration_is_wrong_ends_the_host() -> None:
    hosted = Hosted()
    hosted.running().exit_status = EX_CONFIG

    with pytest.raises(WrongConfiguration, match="another model"):
        hosted.after(1)
