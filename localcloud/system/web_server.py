"""The web tier on this machine: the server that runs it, and its address."""

import sys
from collections.abc import Mapping
from pathlib import Path

from faceweb.server.__main__ import MODULE as SERVER
from foundation.config import Settings
from localcloud.system.processes import Child

ONE_HEAP = {"GLIBC_TUNABLES": "glibc.malloc.arena_max=1:glibc.malloc.tcache_count=0"}
"""Threads of one interpreter take turns, so they need no heap and no store of free pieces each:
sixteen of them creep up for hours. As in deploy/systemd/faceweb-web.service."""


def web_server(settings: Settings, environment: Mapping[str, str], log_file: Path) -> Child:
    """The web tier's process, not started yet."""
    command = [
        sys.executable, "-m", SERVER, "--graceful-seconds", "3",
    ]  # fmt: skip
    where = {"HOST": settings.host, "PORT": str(settings.port)}
    processes = {"WEB_PROCESSES": str(settings.web_processes)}
    return Child("web", command, {**environment, **where, **processes, **ONE_HEAP}, log_file)


def local_url(settings: Settings) -> str:
    """The page's address for somebody on this machine."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::", "") else settings.host  # noqa: S104 # nosec B104
    return f"http://{host}:{settings.port}/"
