"""Caddy before the web tier: on a web instance, or in a balancer's place."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from localcloud.system.processes import Child, stop_all

CADDY = shutil.which("caddy")
NEEDS_CADDY = pytest.mark.skipif(
    CADDY is None, reason="Caddy is not installed (sudo apt-get install caddy)"
)
OWN_CERTIFICATES = """{{
  admin off
  default_bind 127.0.0.1
  local_certs
  skip_install_trust
  http_port {http}
  https_port {https}
  storage file_system {folder}
}}
"""
"""What is of this place: ports that are free, and certificates without Let's Encrypt."""


def caddy_child(folder: Path, text: str) -> Child:
    """Caddy with this Caddyfile, not yet started."""
    file = folder / "Caddyfile"
    file.write_text(text)
    home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    command = [str(CADDY), "run", "--config", str(file), "--adapter", "caddyfile"]
    return Child("caddy", command, home, folder / "caddy.log")


@contextmanager
def caddy(folder: Path, text: str) -> Iterator[Child]:
    """Caddy with this Caddyfile, until the end."""
    child = caddy_child(folder, text)
    child.start()
    try:
        yield child
    finally:
        stop_all([child], seconds=5)
