"""`python -m tests.images`: build the images over a Debian base, run compose.yaml, ask for a name.

What is made is kept in `.images/`, so that a second run takes a minute.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import httpx

from foundation.config import PROJECT_DIRECTORY
from localcloud.system.ports import free_port
from localcloud.system.samples import write_samples
from tests.images.engine import Unable, engine, install_tools
from tests.images.functions import try_functions

FOLDER = PROJECT_DIRECTORY / ".images"
BASE = "localhost/debian-with-python"
TARGETS = ("web", "worker", "local")
SERVICES = ("aws", "web", "worker", "trysample")
PROJECT = "faces-test"
READY_SECONDS = 240.0
HEALTHY_SECONDS = 60.0
CERTIFICATES = Path("/etc/ssl/certs")
"""A proxy before the package index may have a certificate that only this machine knows."""


class Failed(Exception):
    """The images do not do what they must; the text says what."""


class Images:
    """The images and their containers, by the tools' own commands."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = {**environment, "PORT": str(free_port())}
        self.url = f"http://127.0.0.1:{self._environment['PORT']}/"

    def run(self, *command: str, may_fail: bool = False) -> str:
        """A command's output. Raises Failed."""
        ended = subprocess.run(
            command, env=self._environment, cwd=PROJECT_DIRECTORY,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if ended.returncode and not may_fail:
            raise Failed(f"{' '.join(command[:4])}: {(ended.stderr or ended.stdout)[-2000:]}")
        return ended.stdout + (ended.stderr if may_fail else "")

    def succeeds(self, *command: str) -> bool:
        ended = subprocess.run(command, env=self._environment, capture_output=True, check=False)
        return ended.returncode == 0

    def make_base(self) -> None:
        """Debian with its Python: what python:3.13-slim is where a registry can be reached."""
        if self.succeeds("podman", "image", "exists", BASE):
            return
        tar = FOLDER / "base.tar"
        leave_out = [f"--dpkgopt=path-exclude=/usr/share/{x}/*" for x in ("doc", "man", "locale")]
        included = "--include=python3-minimal,python3-venv,ca-certificates,tzdata"
        self.run("mmdebstrap", "--variant=apt", included, *leave_out, "bookworm", str(tar))
        self.run("podman", "import", str(tar), BASE)
        tar.unlink()

    def build(self, target: str) -> None:
        mounts = [f"--volume={CERTIFICATES}:{CERTIFICATES}:ro"] if CERTIFICATES.exists() else []
        self.run(
            "buildah", "build", "--format", "docker", "--layers", "--build-arg", f"BASE={BASE}",
            *mounts, "--target", target, "--tag", f"localhost/faces-{target}", ".",
        )  # fmt: skip

    def size(self, target: str) -> float:
        """In MB, its base included."""
        shown = self.run("podman", "image", "inspect", "--format", "{{.Size}}", f"faces-{target}")
        return int(shown) / 1e6

    def compose(self, *command: str, may_fail: bool = False) -> str:
        return self.run("podman-compose", "-p", PROJECT, *command, may_fail=may_fail)

    def log(self, service: str) -> str:
        return self.run("podman", "logs", f"{PROJECT}_{service}_1", may_fail=True)

    def inside(self, service: str, *command: str) -> Sequence[str]:
        return ("podman", "exec", f"{PROJECT}_{service}_1", *command)

    def is_healthy(self, service: str) -> bool:
        """Asked here, because podman leaves its timers to systemd, which may not be there."""
        return self.succeeds("podman", "healthcheck", "run", f"{PROJECT}_{service}_1")


def main() -> int:
    parser = argparse.ArgumentParser(description="Builds the images, and tries them out.")
    parser.add_argument("--functions", action="store_true", help="the functions' image alone")
    chosen = parser.parse_args()
    try:
        install_tools()
        with engine(FOLDER) as environment:
            _step("the functions' image", lambda: try_functions(FOLDER, environment))
            if chosen.functions:
                return 0
            images = Images(environment)
            _build(images)
            try:
                _try_out(images)
            finally:
                images.compose("down", "--volumes", may_fail=True)
    except Unable as error:
        print(f"Skipped: {error}")
    except Failed as error:
        print(f"Failed: {error}")
        return 1
    return 0


def _step(what: str, do: Callable[[], object]) -> None:
    began = time.monotonic()
    do()
    print(f"  {what:<46} {time.monotonic() - began:5.1f} s", flush=True)


def _build(images: Images) -> None:
    _step("Debian with Python", images.make_base)
    for target in TARGETS:
        _step(f"the image {target}", lambda target=target: images.build(target))  # type: ignore[misc]
        print(f"    {images.size(target):.0f} MB", flush=True)


def _try_out(images: Images) -> None:
    _step("compose up", lambda: images.compose("up", "--detach", "--no-build"))
    _step("the sample's right answer", lambda: _wait_until_ready(images))
    picture, person = list(write_samples(FOLDER / "samples").items())[-1]
    answer = _post(images.url, picture)
    print(f"    {answer}")
    if answer != f"{picture.name}:{person}":
        raise Failed(f"the answer is {answer!r}")
    for service in SERVICES[:3]:
        _check_bounds(images, service)
    print(f"    /readyz {httpx.get(f'{images.url}readyz').status_code}")


def _wait_until_ready(images: Images) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while "Ready:" not in images.log("trysample"):
        if time.monotonic() > deadline:
            logs = {
                name: images.log(name)[-1500:] for name in ("aws", "web", "worker", "trysample")
            }
            raise Failed("not ready:\n" + "\n".join(f"{name}: {log}" for name, log in logs.items()))
        time.sleep(0.5)


def _post(url: str, picture: Path) -> str:
    with picture.open("rb") as content:
        return httpx.post(
            url, files={"inputFile": (picture.name, content)}, timeout=90
        ).text.strip()


def _check_bounds(images: Images, service: str) -> None:
    """Raises Failed where the container could do more than it should, or is not well."""
    user = images.run(*images.inside(service, "id", "-u")).strip()
    if user != "10001":
        raise Failed(f"{service} runs as user {user}")
    for path in ("/opt/faceweb/release/x", "/x"):
        if images.succeeds(*images.inside(service, "touch", path)):
            raise Failed(f"{service} can write {path}")
    deadline = time.monotonic() + HEALTHY_SECONDS
    while not images.is_healthy(service):
        if time.monotonic() > deadline:
            raise Failed(f"{service} is not healthy")
        time.sleep(1)
    print(f"    {service}: healthy, user {user}, root read-only")


if __name__ == "__main__":
    os.environ.setdefault("VAR_DIR", str(FOLDER / "var"))
    sys.exit(main())
