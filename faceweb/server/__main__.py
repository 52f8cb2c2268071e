"""`python -m faceweb.server`: the web tier's server, configured by the settings alone.

One place says how uvicorn is run, so no start of it forgets the bounds of `connections`.
"""

import argparse
import contextlib
import os
import resource

import uvicorn

from faceweb.replies.stopping import GRACE_VARIABLE
from foundation.config import Settings, get_settings

MODULE = "faceweb.server"
MAX_HEADER_BYTES = 32 * 1024
FILES_OF_OUR_OWN = 256
"""Database, queues, logs, libraries; the rest is for connections and their uploads."""


def serve(settings: Settings, graceful_seconds: int) -> None:
    """Serve until a signal ends it."""
    os.environ[GRACE_VARIABLE] = str(graceful_seconds)
    allow_open_files(2 * settings.max_connections + FILES_OF_OUR_OWN)
    uvicorn.run(
        "faceweb.asgi:application",
        host=settings.host,
        port=settings.port,
        workers=settings.web_processes,
        http="faceweb.server.connections:BoundedConnection",
        ws="none",
        lifespan="on",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
        timeout_graceful_shutdown=graceful_seconds,
    )


def allow_open_files(wanted: int) -> None:
    """Raise this process's soft limit of open files, as far as its hard limit allows. A unit that
    may not do so has its limit set by systemd."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        with contextlib.suppress(OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def main() -> None:
    """Read the command line, and serve."""
    parser = argparse.ArgumentParser(prog=f"python -m {MODULE}", description=__doc__)
    parser.add_argument(
        "--graceful-seconds", type=int, default=10, help="how long open requests may end at a stop"
    )
    serve(get_settings(), parser.parse_args().graceful_seconds)


if __name__ == "__main__":
    main()
