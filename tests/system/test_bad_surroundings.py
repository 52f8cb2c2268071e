"""Where a start meets a machine that is not as it should be, and where somebody stops it midway."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from foundation.config import PROJECT_DIRECTORY
from tests.system.pictures import HOPPER, variant
from tests.system.running import RunningSystem, wait_for

NOWHERE = "http://127.0.0.1:9"


class Start:
    """A start whose output is looked at while it goes on."""

    def __init__(self, system: RunningSystem) -> None:
        self._path = system.var_dir.with_suffix(".said")
        with self._path.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "runlocal"],
                cwd=PROJECT_DIRECTORY, env=system.environment, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip

    @property
    def said(self) -> str:
        return self._path.read_text()

    def has_got_to(self, steps: int) -> bool:
        """Whether so many steps have ended, or it has."""
        ended = sum(line.rstrip().endswith(" s") for line in self.said.splitlines())
        return ended >= steps or self.process.poll() is not None


@pytest.fixture
def hears_ctrl_c() -> Iterator[None]:
    """What runs the tests may have it ignored, and a child inherits that. A terminal does not."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def system(tmp_path: Path) -> Iterator[RunningSystem]:
    running = RunningSystem(tmp_path / "with a space and ü" / "var", prepared=False)
    running.var_dir.parent.mkdir()
    try:
        yield running
    finally:
        running.stop()


@pytest.mark.usefixtures("hears_ctrl_c")
def test_ctrl_c_at_any_step_leaves_a_state_from_which_the_next_start_goes_on(
    system: RunningSystem,
) -> None:
    for ended in (0, 2, 4):
        start = Start(system)
        wait_for(lambda n=ended, it=start: it.has_got_to(n), 120, "a step")
        start.process.send_signal(signal.SIGINT)

        start.process.wait(120)
        assert "Traceback" not in start.said, f"after {ended} steps: {start.said}"
        left = [each.cmdline() for each in system.left_processes()]
        assert left == [], f"after {ended} steps: {start.said}"

    system.start()
    assert system.post("a.jpg", variant(HOPPER, 1)).text == f"a.jpg:{HOPPER}\n"


def test_it_starts_without_home_compiler_and_network(system: RunningSystem, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("env", "sh", "uname"):
        (tools / name).symlink_to(str(shutil.which(name)))
    system.environment |= {
        "HOME": "/nonexistent", "PATH": str(tools), "HTTPS_PROXY": NOWHERE, "HTTP_PROXY": NOWHERE,
        "NO_PROXY": "127.0.0.1",
    }  # fmt: skip

    system.start()

    assert "can't be fetched from here, so names come from" in system.output
    assert "Traceback" not in system.output and "Errno" not in system.output
    assert system.post("a.jpg", variant(HOPPER, 1)).text == f"a.jpg:{HOPPER}\n"


def test_a_full_disk_is_a_sentence(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mounting, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk")
    try:
        refused = RunningSystem(disk / "var").manage("runlocal")
    finally:
        subprocess.run(["umount", str(disk)], check=True)

    assert refused.returncode == 1
    assert "The disk is full" in refused.stderr
    assert "Traceback" not in refused.stdout + refused.stderr
