"""A Debian in a folder, and booting it as a machine by systemd-nspawn."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from deploy.image.first_boot import PACKAGES
from localcloud.system.processes import Child, stop_all

TOOLS = ("mmdebstrap", "systemd-nspawn", "ip")
DEBIAN = ("systemd", "systemd-sysv", "dbus", "cloud-init", "iproute2", "netbase", *PACKAGES)
"""What AWS's image of Debian has of what matters here, and what the builder adds to it: cloud-init
finds these there, and the second run of this test needs no mirror."""
NOT_UNPACKED = ("doc", "man", "locale")
BOOT = ("--boot", "--register=no", "--keep-unit", "--console=read-only")
STOP_SECONDS = 30.0


class Unable(Exception):
    """No machine can be booted here; the text says why."""


def check_tools() -> None:
    """Raises Unable."""
    if os.geteuid() != 0:
        raise Unable("only root may boot a machine in a namespace")
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        raise Unable(f"{', '.join(missing)} not here (Debian: mmdebstrap, systemd-container)")
    for kind in ("--mount", "--net", "--pid"):
        tried = subprocess.run(["unshare", "--fork", kind, "true"], capture_output=True)
        if tried.returncode:
            raise Unable(f"no namespace of its own ({kind}): {tried.stderr.decode().strip()}")


def make_debian(root: Path) -> None:
    """Debian 12 in a folder, once."""
    if root.exists():
        return
    beside = root.with_suffix(".new")
    shutil.rmtree(beside, ignore_errors=True)
    leave_out = [f"--dpkgopt=path-exclude=/usr/share/{one}/*" for one in NOT_UNPACKED]
    included = f"--include={','.join(DEBIAN)}"
    command = ["mmdebstrap", "--variant=apt", included, *leave_out, "bookworm", str(beside)]
    subprocess.run(command, check=True, capture_output=True)
    beside.rename(root)


@contextmanager
def disk_of(image: Path, to: Path) -> Iterator[Path]:
    """A machine's own disk of an image, which it leaves as it is."""
    changes, scratch = to.with_suffix(".changes"), to.with_suffix(".scratch")
    for folder in (to, changes, scratch):
        folder.mkdir()
    layers = f"lowerdir={image},upperdir={changes},workdir={scratch}"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, str(to)], check=True)
    try:
        yield to
    finally:
        subprocess.run(["umount", str(to)], check=True)


def write(root: Path, path: str, text: str) -> None:
    """A file of a machine's disk."""
    file = root / path.lstrip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:  # it ended meanwhile
        return []


class Machine:
    """One machine, booted from a folder. `log` has what its console says."""

    def __init__(self, root: Path, *options: str) -> None:
        self.root, self.log = root, root.with_suffix(".log")
        name = f"--machine={root.name}"
        command = ["systemd-nspawn", "--quiet", f"--directory={root}", name, *BOOT, *options]
        self._child = Child(root.name, command, os.environ, self.log)

    def lose(self) -> None:
        """End it as hardware that fails does: no process of it gets a word."""
        (first,) = psutil.Process(self._child.pid).children()
        first.kill()

    def has_powered_off(self) -> bool:
        return self._child.has_ended()

    @contextmanager
    def booted(self) -> Iterator[Machine]:
        self._child.start()
        try:
            yield self
        finally:
            # systemd-nspawn has it power off.
            stop_all([self._child], STOP_SECONDS)

    def processes(self, words: str) -> set[int]:
        """Process ids of the machine's commands that end with these words."""
        found = psutil.Process(self._child.pid).children(recursive=True)
        return {one.pid for one in found if " ".join(_command(one)).endswith(words)}

    def journal(self, unit: str = "") -> str:
        """What the machine's journal has, of a unit or of all."""
        chosen = ["--unit", unit] if unit else []
        said = subprocess.run(
            ["journalctl", "--directory", str(self.root / "var/log/journal"), "--no-pager",
             "--output=short-precise", *chosen],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        return said.stdout

    def journal_or(self, what: str) -> str:
        """A name for what is waited for, with where the machine's own words are."""
        return f"{what} (its journal: {self.log}, {self.root / 'var/log/journal'})"
