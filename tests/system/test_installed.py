"""The product as a package, as `pipx run --spec . faces demo` installs it.

What is in the wheel, and that it answers from a folder where nothing of the checkout is at hand.

The dependencies are those of the tests' own environment: only the product comes from the wheel.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from foundation.config import PROJECT_DIRECTORY
from tests.system.environments import install_into, new_environment
from tests.system.running import clean_environment, wait_for

pytestmark = pytest.mark.system

NOT_OF_THE_PACKAGE = (".", "clients/", "tests/", "docs/")


def tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=PROJECT_DIRECTORY, capture_output=True, text=True, check=True
    )
    return [name for name in listed.stdout.splitlines() if (PROJECT_DIRECTORY / name).exists()]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, because setuptools leaves folders where it builds."""
    copy = tmp_path_factory.mktemp("copy")
    for name in tracked():
        target = copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((PROJECT_DIRECTORY / name).read_bytes())
    out = tmp_path_factory.mktemp("wheel")
    building = [sys.executable, "-m", "pip", "wheel", "--no-deps", "-q", "-w", str(out), str(copy)]
    subprocess.run(building, check=True)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel, in a folder with a space and umlauts in its name."""
    folder = tmp_path_factory.mktemp("an environment für faces")
    python = new_environment(folder)
    subprocess.run(install_into(python, "--no-deps", str(wheel)), check=True)
    packages = next((folder / "lib").glob("python*")) / "site-packages"
    (packages / "of_the_tests.pth").write_text(sysconfig.get_path("purelib"))
    return folder


def test_all_of_the_product_is_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        inside = set(opened.namelist())
    product = {
        name for name in tracked() if "/" in name and not name.startswith(NOT_OF_THE_PACKAGE)
    }

    assert product - inside == set()
    assert {name.split("/")[0] for name in inside if ".dist-info" not in name} == {
        name.split("/")[0] for name in product
    }


def test_what_it_asks_for_is_what_running_needs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        (metadata,) = (name for name in opened.namelist() if name.endswith("/METADATA"))
        lines = opened.read(metadata).decode().splitlines()
    asked = {line.removeprefix("Requires-Dist: ") for line in lines if "Requires-Dist" in line}

    assert "django==5.2.19" in asked
    assert not any(name.startswith(("torch", "facenet", "pytest")) for name in asked)


@pytest.fixture
def demo(installed: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    environment = clean_environment(tmp_path / "unused", HOME=tmp_path, XDG_CACHE_HOME=tmp_path)
    environment.pop("VAR_DIR")
    process = subprocess.Popen(
        [str(installed / "bin" / "faces"), "demo"], cwd=tmp_path, env=environment, text=True,
        stdout=(tmp_path / "said").open("w"), stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    yield process
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def test_the_installed_command_answers_the_sample(
    demo: subprocess.Popen[str], tmp_path: Path
) -> None:
    def said() -> str:
        return (tmp_path / "said").read_text()

    wait_for(lambda: "Ctrl-C ends it" in said() or demo.poll() is not None, 240, "the demo")
    demo.send_signal(signal.SIGINT)

    assert demo.wait(120) == 0, said()
    assert "grace_hopper.jpg:Grace Hopper" in said()
    assert "Traceback" not in said()


def test_the_installed_command_keeps_its_state_with_the_users(
    installed: Path, tmp_path: Path
) -> None:
    environment = clean_environment(tmp_path / "unused", XDG_STATE_HOME=tmp_path / "state")
    environment.pop("VAR_DIR")

    told = subprocess.run(
        [str(installed / "bin" / "faces"), "config", "--export"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert f"VAR_DIR={tmp_path / 'state' / 'elastic-face-recognition'}" in told.stdout
