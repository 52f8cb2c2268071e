"""Who this worker process is, as replies and logs name it."""

import os
import socket

from foundation.config import Settings

_known_as = ""


def worker_name() -> str:
    """Host and process id, such as `ip-10-0-0-7:4242`."""
    return f"{socket.gethostname()}:{os.getpid()}"


def be_known_as(name: str) -> None:
    """Name this process in replies in place of INSTANCE_ID: a function has a name for each run."""
    global _known_as
    _known_as = name


def instance_id(settings: Settings) -> str:
    """The instance, or the run of a function, that this process is."""
    return _known_as or settings.instance_id
