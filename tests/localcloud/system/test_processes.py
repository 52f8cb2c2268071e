"""Child processes: started, kept running, ended for sure."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from localcloud.system.processes import MARK, Child, end_leftovers, stop_all
from localcloud.system.supervisor import ChildGivenUp, Supervisor
from tests.system.running import wait_for
from workers.instances.instance_life import EX_CONFIG

pytestmark = pytest.mark.system

SLEEP = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEP
WITH_CHILD = (
    "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']"
    "); " + SLEEP
)


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Callable[[str], Child]]:
    made = []

    def make(code: str) -> Child:
        environment = {**os.environ, MARK: str(tmp_path)}
        made.append(
            Child("probe", [sys.executable, "-c", code], environment, tmp_path / "probe.log")
        )
        return made[-1]

    yield make
    stop_all(made, seconds=0)


def start(child: Child) -> Child:
    child.start()
    wait_for(lambda: "up" in child.last_lines())
    return child


def test_sigterm_ends_a_child(child: Callable[[str], Child]) -> None:
    one = start(child(SLEEP))

    stop_all([one], seconds=10)

    assert one.poll() == -signal.SIGTERM


def test_a_stubborn_child_is_killed(child: Callable[[str], Child]) -> None:
    one = start(child(STUBBORN))

    stop_all([one], seconds=0.2)

    assert one.poll() == -signal.SIGKILL


def test_a_childs_own_children_go_with_it(child: Callable[[str], Child]) -> None:
    one = start(child(WITH_CHILD))
    below = psutil.Process(one.pid).children(recursive=True)
    assert below

    stop_all([one], seconds=10)

    psutil.wait_procs(below, timeout=60)
    assert not any(process.is_running() for process in below)


def test_leftovers_of_a_killed_start_are_found_by_their_mark(
    child: Callable[[str], Child], tmp_path: Path
) -> None:
    mine = start(child(SLEEP))
    other = subprocess.Popen([sys.executable, "-c", SLEEP], env={**os.environ, MARK: "elsewhere"})
    try:
        assert end_leftovers(str(tmp_path)) == 1
        wait_for(mine.has_ended)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_child_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
    """Even after kill -9 of `runlocal`."""
    parent_code = (
        "import os, sys, time; from pathlib import Path\n"
        "from localcloud.system.processes import Child\n"
        f"child = Child('c', [sys.executable, '-c', {SLEEP!r}], dict(os.environ),"
        f" Path({str(tmp_path / 'c.log')!r}))\n"
        "child.start(); print(child.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", parent_code], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    below = psutil.Process(int(parent.stdout.readline()))

    parent.kill()
    parent.wait()

    assert psutil.wait_procs([below], timeout=60)[1] == []


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_child_that_ends_is_started_again(child: Callable[[str], Child]) -> None:
    said: list[str] = []
    mended: list[str] = []
    clock = Clock()
    supervisor = Supervisor(said.append, clock)
    one = supervisor.start(child(SLEEP), after_restart=lambda: mended.append("mended"))
    wait_for(lambda: "up" in one.last_lines())

    os.kill(one.pid, signal.SIGKILL)
    wait_for(one.has_ended)
    supervisor.check()
    assert one.starts == 1  # a pause first
    clock.now += 1
    supervisor.check()

    assert one.starts == 2
    assert mended == ["mended"]
    assert "killed by signal 9" in said[0]
    supervisor.stop(5)
    assert one.has_ended()


def test_the_pause_grows_while_a_child_keeps_failing(child: Callable[[str], Child]) -> None:
    said: list[str] = []
    clock = Clock()
    supervisor = Supervisor(said.append, clock)
    one = supervisor.start(child("raise SystemExit(3)"))

    for _ in range(4):
        wait_for(one.has_ended)
        supervisor.check()
        clock.now += 40
        supervisor.check()

    assert [line.split(" in ")[1].split(" s.")[0] for line in said] == ["0.5", "1", "2", "4"]
    supervisor.stop(5)


def test_a_wrong_configuration_is_not_tried_again(child: Callable[[str], Child]) -> None:
    supervisor = Supervisor(lambda line: None)
    one = supervisor.start(
        child(f"import sys; sys.stderr.write('no model'); sys.exit({EX_CONFIG})")
    )
    wait_for(one.has_ended)

    with pytest.raises(ChildGivenUp, match="no model"):
        supervisor.check()
