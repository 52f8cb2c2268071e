"""`make` on machines that are not as they should be: each time one sentence, and a way on."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from foundation.config import PROJECT_DIRECTORY
from tests.system.running import clean_environment

pytestmark = pytest.mark.system

Ended = subprocess.CompletedProcess[str]
FILES = ("Makefile", "localcloud/installing")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    return cloned(tmp_path)


def cloned(into: Path) -> Path:
    """As much of the project as installing looks at, in a folder with spaces and umlauts. No
    package is asked for."""
    folder = into / "my clöne of it"
    for name in FILES:
        source, target = PROJECT_DIRECTORY / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    (folder / "localcloud" / "__init__.py").touch()
    (folder / "requirements-run.txt").touch()
    (folder / "constraints.txt").touch()
    return folder


def make(clone: Path, *arguments: str, **environment: str) -> Ended:
    return subprocess.run(
        ["make", f"PYTHON={sys.executable}", *arguments, "setup"], cwd=clone, text=True,
        env={**clean_environment(clone / "var"), **environment}, capture_output=True, timeout=120,
    )  # fmt: skip


def fake_python(folder: Path, version: str) -> Path:
    """Answers like a Python of another version, which is all that is asked of it."""
    path = folder / f"python-{version}"
    path.write_text(
        f'#!/bin/sh\ncase "$2" in *print*) echo {version};; *) exit 1;; esac\n', encoding="utf-8"
    )
    path.chmod(0o755)
    return path


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ended]:
    """A clone in which everything was installed, and how that ended."""
    clone = cloned(tmp_path_factory.mktemp("installed"))
    return clone, make(clone)


def test_it_installs_once_and_says_a_line_a_step(installed: tuple[Path, Ended]) -> None:
    clone, first = installed
    second = make(clone)

    assert first.returncode == 0, first.stdout + first.stderr
    steps = [line.split() for line in first.stdout.splitlines()]
    assert [step[0] for step in steps] == ["Making", "Installing"]
    assert all(step[-1] == "s" and float(step[-2]) >= 0 for step in steps)
    assert (clone / ".venv" / ".installed").exists()
    assert (clone / "var" / "log" / "install.log").exists()
    assert "Installing" not in second.stdout


def test_the_command_runs_this_checkout_from_any_folder(installed: tuple[Path, Ended]) -> None:
    clone, _ = installed
    (clone / "faces").mkdir()
    (clone / "faces" / "__main__.py").write_text("import sys; print(__file__, *sys.argv[1:])")

    said = subprocess.run(
        [clone / ".venv" / "bin" / "faces", "send", "a b.jpg"], cwd="/", text=True, check=True,
        capture_output=True, env=clean_environment(clone / "var"),
    ).stdout  # fmt: skip

    assert said == f"{clone / 'faces' / '__main__.py'} send a b.jpg\n"


@pytest.mark.parametrize("version", ["3.9", "3.15"])
def test_a_python_of_another_time_is_refused_and_one_that_works_is_named(
    version: str, clone: Path, tmp_path: Path
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3.12").symlink_to(sys.executable)
    path = f"{tmp_path / 'bin'}:/usr/bin:/bin"

    old = make(clone, f"PYTHON={fake_python(tmp_path, version)}", PATH=path)

    assert old.returncode != 0
    (line,) = old.stdout.splitlines()
    assert line.endswith(
        f"is Python {version}; 3.11 to 3.14 are needed: make PYTHON=python3.12 setup"
    )


def test_without_any_python_it_says_what_to_do(clone: Path, tmp_path: Path) -> None:
    nothing = tmp_path / "bin"
    nothing.mkdir()
    for tool in ("sh", "grep", "sed", "make"):
        (nothing / tool).symlink_to(str(shutil.which(tool)))

    refused = make(clone, "PYTHON=python3", PATH=str(nothing))

    assert refused.returncode != 0
    assert "python3 is no Python; 3.11 to 3.14 are needed, and none is installed here" in (
        refused.stdout
    )


def test_without_a_network_it_says_so(clone: Path) -> None:
    (clone / "requirements-run.txt").write_text("a-package-that-is-nowhere==1\n")
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1"}

    refused = make(clone, **nowhere, PIP_CONFIG_FILE=os.devnull, PIP_FIND_LINKS="")

    assert refused.returncode != 0
    assert "the package index can't be reached" in refused.stderr
    assert "Traceback" not in refused.stderr
    (clone / "requirements-run.txt").write_text("")
    assert make(clone).returncode == 0


def test_ctrl_c_while_installing_leaves_nothing_half_done(clone: Path) -> None:
    """What pip may have left half written is not used."""
    installing = subprocess.Popen(
        ["make", f"PYTHON={sys.executable}", "setup"], cwd=clone, start_new_session=True,
        env=clean_environment(clone / "var"), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 240
        while not (clone / ".venv" / "pyvenv.cfg").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        os.killpg(installing.pid, signal.SIGINT)
    _, said = installing.communicate(timeout=240)

    assert b"Stopped. The next `make` goes on." in said
    assert b"Traceback" not in said
    assert not (clone / ".venv" / ".installed").exists()
    (clone / ".venv" / ".installing").touch()
    left = clone / ".venv" / "lib" / "left-half-done"
    left.parent.mkdir(parents=True, exist_ok=True)
    left.touch()
    assert make(clone).returncode == 0
    assert not left.exists()


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mounting, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_disk_that_is_too_small_is_told_before_anything_is_fetched(
    clone: Path, tiny_disk: Path
) -> None:
    shutil.copytree(clone, tiny_disk, dirs_exist_ok=True)

    refused = make(tiny_disk)

    assert refused.returncode != 0
    assert "Installing failed: the disk has 3 MB left" in refused.stderr
    assert not (tiny_disk / ".venv").exists()


def test_a_folder_that_can_not_be_written_to_is_named(clone: Path, tiny_disk: Path) -> None:
    shutil.copytree(clone, tiny_disk, dirs_exist_ok=True)
    subprocess.run(["mount", "-o", "remount,ro", str(tiny_disk)], check=True)

    refused = make(tiny_disk)

    assert refused.returncode != 0
    assert "Installing failed: Read-only file system" in refused.stderr
    assert "Traceback" not in refused.stderr
