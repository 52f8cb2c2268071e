"""The instance host: what EC2 and an instance's own units do, by the emulator's word."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from foundation.fleet import lifecycle
from localcloud.instances import instance_host
from localcloud.instances.instance_host import InstanceHost, WrongConfiguration
from tests.support.factories import make_settings
from workers.instances.instance_life import EX_CONFIG


@dataclass
class Worker:
    """A worker process that the test ends."""

    name: str
    started: bool = False
    asked: int = 0
    status: int | None = None

    def start(self) -> None:
        self.started = True

    def terminate(self) -> None:
        self.asked += 1

    def poll(self) -> int | None:
        return self.status

    def last_lines(self, count: int = 5) -> str:
        return "no model"


@dataclass
class Cloud:
    """EC2 as the host sees it: instances with tags."""

    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    away: bool = False

    def run(self, name: str) -> None:
        self.tags[name] = {lifecycle.STATE_TAG: lifecycle.BOOTING}

    def get_paginator(self, operation: str) -> Any:
        if self.away:
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        instances = [
            {"InstanceId": name, "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}
            for name, tags in self.tags.items()
        ]
        return [{"Reservations": [{"Instances": instances}]}]

    def create_tags(self, Resources: list[str], Tags: list[dict[str, str]]) -> None:
        for name in Resources:
            self.tags[name].update({tag["Key"]: tag["Value"] for tag in Tags})

    def said(self, name: str) -> str:
        return self.tags[name][lifecycle.STATE_TAG]


class Hosted:
    def __init__(self) -> None:
        self.cloud, self.now = Cloud(), 0.0
        self.workers: list[Worker] = []
        self.ready: set[str] = set()
        self.host = InstanceHost(
            self.cloud, "faces", self._make, self.ready.__contains__, 3.0, lambda: self.now
        )

    def _make(self, name: str) -> Worker:
        self.workers.append(Worker(name))
        return self.workers[-1]

    def look(self, after: float = 0.0) -> None:
        self.now += after
        self.host.watch_once()

    def booted(self) -> Worker:
        """An instance whose worker takes messages."""
        self.cloud.run("i-1")
        self.look()
        self.look(after=3)
        self.ready.add("i-1")
        self.look()
        return self.workers[-1]


@pytest.fixture
def hosted() -> Hosted:
    return Hosted()


def test_an_instance_boots_and_then_says_that_it_is_ready(hosted: Hosted) -> None:
    hosted.cloud.run("i-1")
    hosted.look()
    hosted.look(after=2.9)
    assert not hosted.workers

    hosted.look(after=0.2)
    assert hosted.workers[0].started
    assert hosted.cloud.said("i-1") == lifecycle.BOOTING
    hosted.ready.add("i-1")
    hosted.look()
    assert hosted.cloud.said("i-1") == lifecycle.READY


def test_an_instance_that_is_asked_finishes_and_says_so_only_then(hosted: Hosted) -> None:
    worker = hosted.booted()
    lifecycle.say_wanted(hosted.cloud, ["i-1"], lifecycle.DRAIN)

    hosted.look()
    hosted.look()
    assert worker.asked == 1
    assert hosted.cloud.said("i-1") == lifecycle.READY
    worker.status = 0
    hosted.look()
    assert hosted.cloud.said("i-1") == lifecycle.ENDED
    hosted.look(after=60)
    assert len(hosted.workers) == 1, "it is not started again"


def test_an_instance_that_is_asked_while_it_boots_starts_no_worker(hosted: Hosted) -> None:
    hosted.cloud.run("i-1")
    hosted.look()
    lifecycle.say_wanted(hosted.cloud, ["i-1"], lifecycle.DRAIN)

    hosted.look(after=10)

    assert not hosted.workers
    assert hosted.cloud.said("i-1") == lifecycle.ENDED


def test_a_terminated_instance_is_sent_sigterm_and_waited_for(hosted: Hosted) -> None:
    worker = hosted.booted()
    del hosted.cloud.tags["i-1"]

    hosted.look()
    assert worker.asked == 1
    assert worker in hosted.host.workers()
    worker.status = 0
    hosted.look()
    assert not hosted.host.workers()


def test_a_worker_that_has_died_is_not_killed_at_the_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cloud, made, stopped = Cloud(), list[Worker](), list[Worker]()

    def make(settings: object, name: str, environment: object) -> Worker:
        made.append(Worker(name))
        return made[-1]

    def look(host: InstanceHost, stop: object) -> None:
        for name in ("i-1", "i-2"):
            cloud.run(name)
        host.watch_once()
        made[0].status = -9
        host.watch_once()

    monkeypatch.setattr(instance_host.aws, "client", lambda service, settings: cloud)
    monkeypatch.setattr(instance_host, "app_instance", make)
    monkeypatch.setattr(instance_host, "watch", look)
    monkeypatch.setattr(instance_host, "stop_all", lambda workers, seconds: stopped.extend(workers))

    assert instance_host.run(make_settings(var_dir=tmp_path), 0.0, threading.Event()) == 0

    assert stopped == [made[1]]


def test_a_worker_that_dies_is_started_again_after_a_pause_that_grows(hosted: Hosted) -> None:
    hosted.booted().status = -9
    hosted.look()
    assert hosted.cloud.said("i-1") == lifecycle.BOOTING
    hosted.look(after=0.6)
    assert len(hosted.workers) == 2

    hosted.workers[-1].status = -9
    hosted.look()
    hosted.look(after=0.6)
    assert len(hosted.workers) == 2
    hosted.look(after=0.5)
    assert len(hosted.workers) == 3


def test_a_wrong_configuration_ends_the_host_with_the_workers_words(hosted: Hosted) -> None:
    hosted.booted().status = EX_CONFIG

    with pytest.raises(WrongConfiguration, match="no model"):
        hosted.look()


def test_an_emulator_that_is_away_ends_nothing(hosted: Hosted) -> None:
    worker = hosted.booted()
    hosted.cloud.away = True

    with pytest.raises(EndpointConnectionError):
        hosted.look()
    hosted.cloud.away = False
    hosted.look()

    assert worker.asked == 0
