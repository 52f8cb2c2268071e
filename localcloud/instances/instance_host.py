"""Plays EC2 for app instances: `python -m localcloud.instances.instance_host --boot-seconds 3`.

It watches the emulator, and keeps one real Celery worker for each app instance that runs there.
On AWS the instance does the same for itself, by the same two tags (`foundation.lifecycle`).
"""

from __future__ import annotations

import argparse
import signal
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from foundation import aws, lifecycle, logs
from foundation.config import Settings, get_settings
from localcloud.instances.app_instance import app_instance, ready_file
from localcloud.system.environment import children_environment
from localcloud.system.processes import Child, stop_all
from workers import instance_life
from workers.instance_life import (
    EX_CONFIG,
    FIRST_PAUSE_SECONDS,
    Step,
    View,
    longer_pause,
    next_step,
)

log = structlog.get_logger()

WATCH_SECONDS = 0.25
STOP_SECONDS = 5.0
"""`runlocal` gives the host 7 s to stop in, its workers included."""


class Worker(Protocol):
    """The process of one instance; `localcloud.system.processes.Child` is one."""

    def start(self) -> None: ...

    def terminate(self) -> None: ...

    def has_ended(self) -> bool: ...

    @property
    def exit_status(self) -> int | None: ...

    def last_lines(self, count: int = 5) -> str: ...


class WrongConfiguration(Exception):
    """A worker says that no start can succeed; the text is the end of its log."""


@dataclass(slots=True)
class _Guest:
    """One instance that the emulator says is running."""

    boots_at: float
    worker: Worker | None = None
    said: str = lifecycle.BOOTING
    is_asked: bool = False
    pause_seconds: float = FIRST_PAUSE_SECONDS


class InstanceHost:
    """The instances of one system, as processes.

    Parameters:
        ec2: a boto3 client of the emulator.
        make_worker: an instance's worker, not started yet.
        is_ready: whether an instance's worker takes messages.
    """

    def __init__(
        self,
        ec2: Any,
        fleet: str,
        make_worker: Callable[[str], Worker],
        is_ready: Callable[[str], bool],
        boot_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ec2 = ec2
        self._fleet = fleet
        self._make_worker = make_worker
        self._is_ready = is_ready
        self._boot_seconds = boot_seconds
        self._clock = clock
        self._guests: dict[str, _Guest] = {}
        self._leaving: list[Worker] = []

    def watch_once(self) -> None:
        """One round. Raises WrongConfiguration, and botocore's errors when the emulator is away."""
        described = lifecycle.describe_fleet(self._ec2, self._fleet, ("pending", "running"))
        tags = {one["InstanceId"]: lifecycle.tags_of(one) for one in described}
        for name in self._guests.keys() - tags.keys():
            self._pull_the_plug(name)
        for name, its_tags in tags.items():
            self._look_after(name, its_tags)
        self._leaving = [worker for worker in self._leaving if not worker.has_ended()]

    def _pull_the_plug(self, name: str) -> None:
        """Terminated: EC2 shuts the machine down, which sends SIGTERM to what runs on it."""
        guest = self._guests.pop(name)
        if guest.worker is not None and not guest.worker.has_ended():
            guest.worker.terminate()
            self._leaving.append(guest.worker)
        log.info("instance_terminated", instance_id=name)

    def _look_after(self, name: str, tags: Mapping[str, str]) -> None:
        guest = self._guests.get(name)
        if guest is None:
            log.info("instance_booting", instance_id=name, seconds=self._boot_seconds)
            guest = self._guests[name] = _Guest(self._clock() + self._boot_seconds)
        match next_step(self._view(name, guest, tags)):
            case Step.START:
                self._start(name, guest)
            case Step.START_AGAIN:
                self._start_again(name, guest)
            case Step.STOP:
                self._ask_to_stop(guest)
            case Step.SAY_READY:
                self._say(name, guest, lifecycle.READY)
            case Step.SAY_ENDED:
                self._say(name, guest, lifecycle.ENDED)
            case Step.GIVE_UP:
                raise WrongConfiguration(guest.worker.last_lines() if guest.worker else "")

    def _view(self, name: str, guest: _Guest, tags: Mapping[str, str]) -> View:
        return View(
            is_wanted=tags.get(lifecycle.WANTED_TAG) != lifecycle.DRAIN,
            worker=self._worker_of(name, guest),
            said=guest.said,
            may_start=self._clock() >= guest.boots_at,
            was_asked_to_stop=guest.is_asked,
            exit_status=guest.worker.exit_status if guest.worker else None,
        )

    def _worker_of(self, name: str, guest: _Guest) -> instance_life.Worker:
        if guest.worker is None:
            return instance_life.Worker.NONE
        if guest.worker.has_ended():
            return instance_life.Worker.ENDED
        ready = self._is_ready(name)
        return instance_life.Worker.READY if ready else instance_life.Worker.STARTING

    def _start(self, name: str, guest: _Guest) -> None:
        guest.worker = self._make_worker(name)
        guest.worker.start()
        log.info("worker_started", instance_id=name)

    def _ask_to_stop(self, guest: _Guest) -> None:
        if guest.worker is not None:
            guest.worker.terminate()
        guest.is_asked = True

    def _start_again(self, name: str, guest: _Guest) -> None:
        """A worker that died is started anew, as on EC2, after a pause that grows."""
        status = guest.worker.exit_status if guest.worker else None
        log.warning("worker_ended", instance_id=name, status=status)
        guest.worker = None
        guest.boots_at = self._clock() + guest.pause_seconds
        guest.pause_seconds = longer_pause(guest.pause_seconds)
        self._say(name, guest, lifecycle.BOOTING)

    def _say(self, name: str, guest: _Guest, state: str) -> None:
        lifecycle.say_state(self._ec2, name, state)
        guest.said = state
        log.info("instance_says", instance_id=name, state=state)

    def workers(self) -> list[Worker]:
        """All processes that may still run."""
        guests = [guest.worker for guest in self._guests.values() if guest.worker]
        return [*guests, *self._leaving]


def watch(host: InstanceHost, stop: threading.Event) -> None:
    """Watch until told to stop. An emulator that is away changes nothing."""
    was_away = False
    while not stop.wait(WATCH_SECONDS):
        try:
            host.watch_once()
        except (BotoCoreError, ClientError) as error:
            if not was_away:
                log.warning("emulator_away", error=str(error))
            was_away = True
        else:
            was_away = False


def run(settings: Settings, boot_seconds: float, stop: threading.Event) -> int:
    """Host instances until told to stop. Returns the exit status."""
    local_aws = {"AWS_ENDPOINT_URL": settings.aws_endpoint_url or ""}
    environment = children_environment(settings, local_aws)
    children: list[Child] = []

    def make_worker(name: str) -> Child:
        children.append(app_instance(settings, name, environment))
        return children[-1]

    def is_ready(name: str) -> bool:
        return ready_file(settings, name).exists()

    ec2 = aws.client("ec2", settings)
    host = InstanceHost(ec2, settings.faceweb_id, make_worker, is_ready, boot_seconds)
    try:
        watch(host, stop)
    except WrongConfiguration as error:
        log.error("worker_can_not_start", log=str(error))
        return EX_CONFIG
    finally:
        stop_all(children, STOP_SECONDS)
    return 0


def main() -> None:
    parser = argparse.ArgumentParser(description="Runs the emulator's app instances as processes.")
    parser.add_argument(
        "--boot-seconds", type=float, default=3.0, help="time from launch to worker (default: 3)"
    )
    arguments = parser.parse_args()
    settings = get_settings()
    logs.configure(settings)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    raise SystemExit(run(settings, arguments.boot_seconds, stop))


if __name__ == "__main__":
    main()
