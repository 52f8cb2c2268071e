"""An instance's program: worker up, ready said, drained, interrupted, died, given up."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError

from deploy.instance.metadata import MetadataUnseen
from deploy.instance.program import AppInstance
from foundation.fleet import lifecycle
from workers.instances.instance_life import EX_CONFIG


@dataclass
class Worker:
    """A worker's process that the test ends."""

    status: int | None = None
    asked: int = 0

    def poll(self) -> int | None:
        return self.status

    def terminate(self) -> None:
        self.asked += 1


@dataclass
class Machine:
    """One instance with everything around it in the test's hand."""

    folder: Path
    wanted: str | None = lifecycle.SERVE
    interrupted: bool = False
    unseen: bool = False
    ec2_away: bool = False
    now: float = 0.0
    workers: list[Worker] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ready_file = self.folder / "ready"
        self.stop_on_signals = threading.Event()
        self.program = AppInstance(
            "i-1", self, self._start, self.ready_file, self._say, self.stop_on_signals,
            lambda: self.now,
        )  # fmt: skip

    def tag(self, name: str) -> str | None:
        if self.unseen:
            raise MetadataUnseen("away")
        return self.wanted

    def will_be_interrupted(self) -> bool:
        return self.interrupted

    def _start(self) -> Worker:
        self.workers.append(Worker())
        return self.workers[-1]

    def _say(self, state: str) -> None:
        if self.ec2_away:
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
        self.said.append(state)

    def look(self, times: int = 1) -> int | None:
        status = None
        for _ in range(times):
            status = self.program.look_once()
        return status

    def serve(self) -> Worker:
        self.look()
        self.ready_file.touch()
        self.look()
        return self.workers[-1]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_worker_is_started_and_said_to_be_ready_once_it_is(machine: Machine) -> None:
    machine.ready_file.touch()  # of an earlier life

    machine.look(3)
    assert (len(machine.workers), machine.said) == (1, [])
    machine.ready_file.touch()
    machine.look(3)

    assert machine.said == [lifecycle.READY]


@pytest.mark.parametrize("reason", ["drain", "interruption", "stop"])
def test_it_finishes_what_it_holds_before_it_says_that_it_ended(
    machine: Machine, reason: str
) -> None:
    worker = machine.serve()
    machine.wanted = lifecycle.DRAIN if reason == "drain" else lifecycle.SERVE
    machine.interrupted = reason == "interruption"
    if reason == "stop":
        machine.stop_on_signals.set()

    assert machine.look(5) is None
    assert (worker.asked, machine.said) == (1, [lifecycle.READY])
    worker.status = 0

    assert machine.look() == 0
    assert machine.said == [lifecycle.READY, lifecycle.ENDED]
    assert len(machine.workers) == 1


def test_once_unwanted_it_is_never_wanted_again(machine: Machine) -> None:
    worker = machine.serve()
    machine.wanted = lifecycle.DRAIN
    machine.look()
    machine.wanted, worker.status = lifecycle.SERVE, 0

    assert machine.look() == 0
    assert len(machine.workers) == 1


def test_an_instance_that_is_unwanted_while_it_boots_starts_no_worker(machine: Machine) -> None:
    machine.wanted = lifecycle.DRAIN

    assert machine.look() == 0
    assert (machine.workers, machine.said) == ([], [lifecycle.ENDED])


def test_a_worker_that_dies_is_started_again_after_pauses_that_grow(machine: Machine) -> None:
    machine.serve().status = -9

    machine.look(5)
    assert machine.said == [lifecycle.READY, lifecycle.BOOTING]
    assert len(machine.workers) == 1
    machine.now += 0.6
    machine.look()
    assert len(machine.workers) == 2
    machine.workers[-1].status = 1
    machine.look()
    machine.now += 0.6
    machine.look()
    assert len(machine.workers) == 2
    machine.now += 0.6
    machine.look()

    assert len(machine.workers) == 3


def test_a_worker_that_can_not_start_is_given_up(machine: Machine) -> None:
    machine.look()
    machine.workers[-1].status = EX_CONFIG

    assert machine.look() == EX_CONFIG
    assert machine.said == []


def test_what_can_not_be_seen_counts_as_unchanged(machine: Machine) -> None:
    worker = machine.serve()
    machine.unseen = True

    assert machine.look(5) is None
    assert worker.asked == 0


def test_ready_is_said_until_ec2_takes_it_and_ended_keeps_nobody(machine: Machine) -> None:
    machine.ec2_away = True
    worker = machine.serve()
    assert machine.said == []
    machine.ec2_away = False
    machine.look()
    assert machine.said == [lifecycle.READY]

    machine.ec2_away, worker.status = True, 0
    machine.stop_on_signals.set()

    assert machine.look() == 0


def test_the_loop_ends_with_the_instance(machine: Machine) -> None:
    machine.serve().status = 0
    machine.stop_on_signals.set()

    assert machine.program.run() == 0
