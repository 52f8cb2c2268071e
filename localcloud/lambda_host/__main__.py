"""`python -m localcloud.lambda_host`: the functions on this machine, until SIGTERM or Ctrl-C."""

import argparse
import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from foundation import logs
from foundation.config import PROJECT_DIRECTORY, Settings, get_settings
from foundation.stopping import stop_on_signals
from localcloud.lambda_host.event_source import EventSource, unanswered_videos
from localcloud.lambda_host.functions import LambdaFunction, contract_functions
from localcloud.lambda_host.host import FunctionHost
from localcloud.lambda_host.sandbox import Sandbox
from localcloud.system.environment import as_role

log = structlog.get_logger()

PREPARE_SECONDS = 60.0
FINISH_SECONDS = 5.0


def function_host(
    function: LambdaFunction,
    settings: Settings,
    environment: Mapping[str, str],
    task_root: Path = PROJECT_DIRECTORY,
) -> FunctionHost:
    """A function on its events, with its processes' logs under VAR_DIR/log."""
    log_file = settings.var_dir / "log" / f"lambda-{function.role}.log"
    return FunctionHost(
        function,
        EventSource(function, settings),
        lambda: Sandbox(function, as_role(environment, function.role), log_file, task_root),
    )


def run(settings: Settings, environment: Mapping[str, str], stopped: threading.Event) -> None:
    """Host the functions until `stopped` is set; the events in hand get some seconds more."""
    functions = contract_functions(settings)
    _prepare(functions, settings, stopped)
    hosts = [function_host(function, settings, environment) for function in functions]
    for host in hosts:
        threading.Thread(target=host.run, daemon=True).start()
    log.info("lambda_host_ready", functions=[function.name for function in functions])
    stopped.wait()
    for host in hosts:
        host.stop()
    finishing = [threading.Thread(target=host.finish, daemon=True) for host in hosts]
    for thread in finishing:
        thread.start()
    for thread in finishing:
        thread.join(FINISH_SECONDS)


def _prepare(
    functions: tuple[LambdaFunction, ...], settings: Settings, stopped: threading.Event
) -> None:
    """Queues and notifications, and events for the videos that were never answered."""
    deadline = time.monotonic() + PREPARE_SECONDS
    while not stopped.is_set():
        try:
            for function in functions:
                EventSource(function, settings).prepare()
            sources = EventSource(functions[0], settings)
            for event in unanswered_videos(settings):
                sources.send(event)
            return
        except (BotoCoreError, ClientError) as error:
            if time.monotonic() > deadline:
                raise
            log.warning("not_prepared_yet", error=str(error))
            stopped.wait(1.0)


def main() -> None:
    """Host the functions of this machine's system."""
    argparse.ArgumentParser(
        description="Run the Lambda functions of this system: those of videos on S3's events, "
        "face-burst when it is invoked. Limits: LAMBDA_*, BURST_*. "
        "`manage.py runlocal` starts this."
    ).parse_args()
    settings = get_settings()
    logs.configure(settings)
    run(settings, os.environ, stop_on_signals())
    # Sandboxes that are still at work are in sessions of their own: the kernel ends them with us.
    os._exit(0)


if __name__ == "__main__":
    main()
