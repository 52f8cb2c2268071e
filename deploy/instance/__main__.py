"""`python -m deploy.instance`: what faceweb-app-instance.service runs."""

import os
import subprocess  # nosec B404 - it starts our own worker
import sys
from pathlib import Path

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from deploy.instance.metadata import Metadata
from deploy.instance.program import AppInstance
from deploy.instance.settings import fetched
from foundation import aws, logs
from foundation.config import get_settings
from foundation.fleet import lifecycle
from foundation.stopping import stop_on_signals

log = structlog.get_logger()


def main() -> int:
    """Look after this instance's worker until it has ended. Returns the exit status."""
    settings = get_settings()
    logs.configure(settings)
    stop, sight = stop_on_signals(), Metadata()
    instance_id = sight.instance_id()
    ready_file = Path(os.environ.get("RUNTIME_DIRECTORY", settings.var_dir)) / "worker.ready"
    environment = {
        **os.environ,
        **_parameters(settings.faceweb_id),
        "INSTANCE_ID": instance_id,
        "READY_FILE": str(ready_file),
    }
    command = [sys.executable, "-m", "celery", "-A", "workers", "worker", "-n", f"{instance_id}@%h"]

    def start() -> subprocess.Popen[bytes]:
        # A new session: a signal to this program's group must not reach the worker too.
        return subprocess.Popen(command, env=environment, start_new_session=True)  # noqa: S603 # nosec B603

    def say(state: str) -> None:
        lifecycle.say_state(aws.client("ec2", settings), instance_id, state)

    return AppInstance(instance_id, sight, start, ready_file, say, stop).run()


def _parameters(faceweb_id: str) -> dict[str, str]:
    """Settings from SSM over those of the user data; without SSM those must do."""
    try:
        return fetched(aws.client("ssm", get_settings()), faceweb_id, "app")
    except (BotoCoreError, ClientError) as error:
        log.warning("parameters_not_read", error=str(error))
        return {}


if __name__ == "__main__":
    sys.exit(main())
