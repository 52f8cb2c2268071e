"""The AWS emulator as a process: `python -m localcloud.emulator --port N --keep DIRECTORY`.
With `--provision` the system's queues and buckets are there after every start.

It is moto's server with seven changes: connections stay open between requests, what is put in S3
is kept on disk, so that enrolled people and pictures outlive a restart, a message is not given
to a client that has gone, thousands of messages may wait, what is always the same is remembered,
Lambda functions can be invoked and described, and pages in a browser are refused.
"""

import argparse
import gc
import os
import signal
import sys
import threading
import time
from pathlib import Path
from pkgutil import resolve_name
from wsgiref.types import WSGIApplication

from botocore.exceptions import EndpointConnectionError
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from foundation.aws.provisioning import provision
from foundation.config import get_settings
from localcloud.emulator.abandoned_polls import ReturnAbandonedPolls
from localcloud.emulator.foreign_pages import RefusePages
from localcloud.emulator.http_server import KeepAliveHandler
from localcloud.emulator.lambda_calls import AnswerLambda, MotoQueues
from localcloud.emulator.long_queues import bear_long_queues
from localcloud.emulator.remembered import remember
from localcloud.emulator.s3_on_disk import KeepS3OnDisk
from localcloud.lambda_host.functions import contract_functions

MIDDLEWARE_VARIABLE = "EMULATOR_MIDDLEWARE"
"""Names WSGI middleware (MODULE:NAME) that sees every call. Our tests record calls by it, and have
moto's stacks change as AWS's do."""

PROVISION_SECONDS = 0.2
"""Between two tries to provision, while the server starts."""


def serve(host: str, port: int, keep: Path | None) -> None:
    """Serve until SIGTERM or SIGINT."""
    bear_long_queues()
    remember()
    gc.set_threshold(700, 10, 1_000)  # a full collection looks at all of S3: seconds
    moto = DomainDispatcherApplication(create_backend_app)
    settings = get_settings()
    application: WSGIApplication = AnswerLambda(
        ReturnAbandonedPolls(moto), contract_functions(settings), MotoQueues(settings)
    )
    if keep is not None:
        kept = KeepS3OnDisk(application, keep)
        kept.restore()
        application = kept
    if middleware := os.environ.get(MIDDLEWARE_VARIABLE):
        application = resolve_name(middleware)(application)
    application = RefusePages(application)
    server = make_server(host, port, application, threaded=True, request_handler=KeepAliveHandler)
    server.serve_forever()


def _provision() -> None:
    """Make queues and buckets as soon as this process's own server answers."""
    while True:
        try:
            return provision(get_settings())
        except EndpointConnectionError:
            time.sleep(PROVISION_SECONDS)


def _stop(*_: object) -> None:
    sys.exit(0)


def main() -> None:
    """Serve as the arguments say, until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(description="An AWS emulator on this machine.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--keep", type=Path, help="directory that S3's objects are kept in")
    parser.add_argument("--provision", action="store_true", help="make queues and buckets")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    if arguments.provision:
        threading.Thread(target=_provision, name="provision", daemon=True).start()
    serve(arguments.host, arguments.port, arguments.keep)


if __name__ == "__main__":
    main()
