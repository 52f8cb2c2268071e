"""podman with its own storage, and what it needs on a machine without systemd."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PACKAGES = (
    "buildah",
    "podman",
    "runc",
    "netavark",
    "aardvark-dns",
    "catatonit",
    "mmdebstrap",
    "iptables",
    "docker-registry",
)
COMMANDS = ("buildah", "podman", "runc", "mmdebstrap", "docker-registry")
COMPOSE = "podman-compose==1.6.0"


class Unable(Exception):
    """Images can't be built or run here; the text says why."""


def install_tools() -> None:
    """Debian's packages, where somebody may install them. Raises Unable."""
    if all(shutil.which(name) for name in COMMANDS):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Unable(f"needs Debian's packages {' '.join(PACKAGES)}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    installing = ["apt-get", "install", "-qq", "--no-install-recommends", *PACKAGES]
    for command in (["apt-get", "update", "-qq"], installing):
        ended = subprocess.run(command, env=quiet, capture_output=True, text=True, check=False)
        if ended.returncode:
            raise Unable(f"{command[1]} failed: {ended.stderr.strip().splitlines()[-1]}")


@contextmanager
def engine(folder: Path) -> Iterator[dict[str, str]]:
    """The environment in which buildah, podman and podman-compose keep all they make in a folder.

    Raises Unable.
    """
    folder.mkdir(parents=True, exist_ok=True)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    files = min(most, 4096) if most != resource.RLIM_INFINITY else 4096
    (folder / "containers.conf").write_text(
        f'[containers]\ndefault_ulimits = ["nofile={files}:{files}", "nproc=4096:4096"]\n'
        '[engine]\nruntime = "runc"\n'
    )
    (folder / "storage.conf").write_text(
        f'[storage]\ndriver = "overlay"\ngraphroot = "{folder}/storage"\nrunroot = "{folder}/run"\n'
    )
    tools = folder / "tools"
    if not (tools / "bin" / "podman-compose").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(tools)], check=True)
        pip = [str(tools / "bin" / "pip"), "install", "--quiet", COMPOSE]
        subprocess.run(pip, check=True, capture_output=True)
    environment = {
        **os.environ,
        "PATH": f"{tools / 'bin'}:{os.environ['PATH']}",
        "CONTAINERS_CONF": str(folder / "containers.conf"),
        "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
        "BUILDAH_ISOLATION": "chroot",
    }
    yield environment
