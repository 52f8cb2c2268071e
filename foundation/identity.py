"""Who this worker process is, as replies and logs name it."""

from __future__ import annotations

import os
import socket


def worker_name() -> str:
    """Host and process id, such as `ip-10-0-0-7:4242`."""
    return f"{socket.gethostname()}:{os.getpid()}"
