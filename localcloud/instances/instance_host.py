"""Plays EC2 for app instances: `python -m localcloud.instances.instance_host --boot-seconds 3`.

It watches the emulator, and keeps one real Celery worker for each app instance that runs there.
On AWS the instance does the same for itself, by the same two tags (`foundation.fleet.lifecycle`).
"""

import argparse
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from foundation import aws, logs
from foundation.aws.typed import EC2Client
from foundation.config import Settings, get_settings
from foundation.fleet import lifecycle
from foundation.stopping import stop_on_signals
from localcloud.system.environment import as_role, children_environment
from localcloud.system.processes import Child, stop_all
from workers.instances.instance_life import EX_CONFIG
from workers.instances.instance_steps import CanNotStart, Instance, Process

log = structlog.get_logger()

WATCH_SECONDS = 0.25
STOP_SECONDS = 5.0
"""`runlocal` gives the host 7 s to stop in, its workers included."""


def ready_file(settings: Settings, instance_id: str) -> Path:
    """The file that the instance's worker writes once it takes messages."""
    return settings.var_dir / "run" / f"{instance_id}.ready"


def app_instance(
    settings: Settings,
    instance_id: str,
    environment: Mapping[str, str],
    celery_app: str = "workers",
) -> Child:
    """The worker of one instance, not started yet."""
    ready = ready_file(settings, instance_id)
    ready.parent.mkdir(parents=True, exist_ok=True)
    ready.unlink(missing_ok=True)
    return Child(
        f"app instance {instance_id}",
        [sys.executable, "-m", "celery", "-A", celery_app, "worker", "-n", f"{instance_id}@%h"],
        {**as_role(environment, "app"), "INSTANCE_ID": instance_id, "READY_FILE": str(ready)},
        settings.var_dir / "log" / f"{instance_id}.log",
    )


class WrongConfiguration(Exception):
    """A worker says that no start can succeed; the text is the end of its log."""


class InstanceHost:
    """The instances of one system, as processes.

    Parameters:
        ec2: a boto3 client of the emulator.
        make_worker: an instance's worker, not started yet.
        is_ready: whether an instance's worker takes messages.
    """

    def __init__(
        self,
        ec2: EC2Client,
        fleet: str,
        make_worker: Callable[[str], Child],
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
        self._guests: dict[str, Instance] = {}
        self._leaving: list[Process] = []

    def watch_once(self) -> None:
        """One round. Raises WrongConfiguration, and botocore's errors when the emulator is away."""
        described = lifecycle.describe_fleet(self._ec2, self._fleet, ("pending", "running"))
        tags = {one["InstanceId"]: lifecycle.tags_of(one) for one in described}
        for name in self._guests.keys() - tags.keys():
            self._pull_the_plug(name)
        for name, its_tags in tags.items():
            self._look_after(name, its_tags)
        self._leaving = [worker for worker in self._leaving if worker.poll() is None]

    def _pull_the_plug(self, name: str) -> None:
        """Terminated: EC2 shuts the machine down, which sends SIGTERM to what runs on it."""
        process = self._guests.pop(name).process
        if process is not None and process.poll() is None:
            process.terminate()
            self._leaving.append(process)
        log.info("instance_terminated", instance_id=name)

    def _look_after(self, name: str, tags: Mapping[str, str]) -> None:
        if name not in self._guests:
            log.info("instance_booting", instance_id=name, seconds=self._boot_seconds)
            self._guests[name] = self._booting(name)
        guest, is_wanted = self._guests[name], tags.get(lifecycle.WANTED_TAG) != lifecycle.DRAIN
        try:
            guest.look_once(is_wanted=is_wanted)
        except CanNotStart:
            raise WrongConfiguration(cast(Child, guest.process).last_lines()) from None

    def _booting(self, name: str) -> Instance:
        def start() -> Child:
            worker = self._make_worker(name)
            worker.start()
            return worker

        return Instance(
            name,
            start,
            lambda: self._is_ready(name),
            lambda state: lifecycle.say_state(self._ec2, name, state),
            self._clock,
            self._clock() + self._boot_seconds,
        )

    def workers(self) -> list[Process]:
        """All processes that may still run."""
        guests = [guest.process for guest in self._guests.values() if guest.process]
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
    host = InstanceHost(
        aws.client("ec2", settings),
        settings.faceweb_id,
        lambda name: app_instance(settings, name, environment),
        lambda name: ready_file(settings, name).exists(),
        boot_seconds,
    )
    try:
        watch(host, stop)
    except WrongConfiguration as error:
        log.error("worker_can_not_start", log=str(error))
        return EX_CONFIG
    finally:
        # Those that ended long ago may have given their process id to somebody else's.
        stop_all(cast("list[Child]", host.workers()), STOP_SECONDS)
    return 0


def main() -> None:
    """Host the instances of this machine's system."""
    parser = argparse.ArgumentParser(description="Runs the emulator's app instances as processes.")
    parser.add_argument(
        "--boot-seconds", type=float, default=3.0, help="time from launch to worker (default: 3)"
    )
    arguments = parser.parse_args()
    settings = get_settings()
    logs.configure(settings)
    raise SystemExit(run(settings, arguments.boot_seconds, stop_on_signals()))


if __name__ == "__main__":
    main()
