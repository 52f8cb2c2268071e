"""The systemd units: well formed, hardened, and of what the image has."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from localcloud.system.web_server import ONE_HEAP
from tests.deploy.unit_limits import UNITS

SERVICES = sorted(path.name for path in UNITS.glob("*.service"))
COMMON = UNITS / "faceweb-.service.d" / "common.conf"
WORST_EXPOSURE = 1.5
"""By `systemd-analyze security`: 0 is best, 10 is worst; "OK" is below 5."""

ANALYZE = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not here")


def text_of(name: str) -> str:
    """A service as systemd reads it: its file, and what all have alike."""
    return (UNITS / name).read_text() + COMMON.read_text()


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(ANALYZE), *arguments], capture_output=True, text=True)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A file system with the units and what they start."""
    for command in ("opt/faceweb/venv/bin/python", "bin/sh"):
        file = tmp_path / command
        file.parent.mkdir(parents=True)
        file.write_text("#!/bin/sh\n")
        file.chmod(0o755)
    installed = tmp_path / "etc" / "systemd" / "system"
    shutil.copytree(UNITS, installed)
    for target in ("multi-user", "network-online", "timers", "sysinit", "basic", "shutdown"):
        (installed / f"{target}.target").write_text("[Unit]\nDescription=A target\n")
    return tmp_path


@needs_systemd
def test_systemd_finds_nothing_wrong(root: Path) -> None:
    installed = root / "etc" / "systemd" / "system"
    units = [str(path) for path in sorted(installed.glob("faceweb-*.*")) if path.is_file()]

    said = analyze("verify", "--man=no", "--recursive-errors=no", f"--root={root}", *units)

    ours = [line for line in said.stderr.splitlines() if "faceweb-" in line]
    assert (said.returncode, ours) == (0, []), said.stderr


@needs_systemd
@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_hardened(name: str) -> None:
    said = analyze("security", "--offline=true", "--no-pager", str(UNITS / name))

    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", said.stdout)
    assert found, said.stdout + said.stderr
    assert float(found[1]) <= WORST_EXPOSURE


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_a_user_of_its_own_and_logs_as_json(name: str) -> None:
    text = text_of(name)

    assert "User=faceweb\n" in text
    assert "LOG_FORMAT=json" in text


def test_a_worker_has_a_minute_to_finish_what_it_holds() -> None:
    text = (UNITS / "faceweb-app-instance.service").read_text()

    assert "TimeoutStopSec=60\n" in text
    assert "KillMode=mixed\n" in text
    assert "\nSuccessAction=" not in text  # with Restart=, it ends the machine after any crash
    assert "systemctl --no-block poweroff" in text
    assert "RestartPreventExitStatus=78\n" in text


def test_a_worker_may_see_what_its_processor_can() -> None:
    """ONNX Runtime warns of slower nets where /proc has no cpuinfo."""
    text = (UNITS / "faceweb-app-instance.service").read_text()

    assert not re.search("^ProcSubset=pid", text, re.MULTILINE)


def test_what_a_timer_starts_is_there() -> None:
    for timer in UNITS.glob("*.timer"):
        assert timer.with_suffix(".service").exists()


def test_web_processes_have_one_heap_on_aws_as_on_this_machine() -> None:
    unit = (UNITS / "faceweb-web.service").read_text().splitlines()

    assert [f"Environment={name}={value}" for name, value in ONE_HEAP.items()] == [
        line for line in unit if "GLIBC" in line
    ]
