"""The emulator as a child process: started, waited for, and stopped."""

import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from foundation.config import Settings, get_settings
from localcloud.system.environment import children_environment, emulated_aws
from localcloud.system.ports import free_port
from localcloud.system.processes import Child, stop_all
from localcloud.system.supervisor import ChildGivenUp

START_SECONDS = 60.0
KEPT_FOLDER = "emulator"
"""Of `var/`: where a local system's S3 is kept."""


def emulator(
    endpoint_port: int,
    environment: Mapping[str, str],
    log_file: Path,
    keep: Path | None,
    *options: str,
) -> Child:
    """The emulator's process, not started yet. With `keep`, S3 outlives it there."""
    command = [sys.executable, "-m", "localcloud.emulator", "--port", str(endpoint_port), *options]
    if keep is not None:
        command += ["--keep", str(keep)]
    return Child("emulator", command, environment, log_file)


@contextmanager
def running_emulator(settings: Settings, scratch: Path) -> Iterator[dict[str, str]]:
    """An emulator of one's own that forgets everything. Gives the variables that lead boto3 to it,
    which are this process's, too, while it runs."""
    with emulator_with_process(settings, scratch) as (_, aws):
        yield aws


@contextmanager
def emulator_with_process(
    settings: Settings, scratch: Path, keep: Path | None = None
) -> Iterator[tuple[Child, dict[str, str]]]:
    """The same with the emulator's process; with `keep`, S3 outlives it there."""
    port = free_port()
    aws = emulated_aws(f"http://127.0.0.1:{port}", settings)
    child = emulator(port, children_environment(settings, aws), scratch / "emulator.log", keep)
    before = {name: os.environ.get(name) for name in aws}
    child.start()
    try:
        wait_until(child, lambda: answers(aws["AWS_ENDPOINT_URL"]), START_SECONDS)
        use_aws(aws)
        yield child, aws
    finally:
        stop_all([child], seconds=3)
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})
        get_settings.cache_clear()


def use_aws(aws: Mapping[str, str]) -> Settings:
    """Have this process, too, talk to the emulator. Returns the settings that say so."""
    os.environ.update(aws)
    get_settings.cache_clear()
    return get_settings()


def wait_until(child: Child, is_ready: Callable[[], bool], seconds: float) -> None:
    """Wait for a child that was started. Raises ChildGivenUp when it ends, or takes longer."""
    deadline = time.monotonic() + seconds
    while not is_ready():
        if child.has_ended() or time.monotonic() > deadline:
            raise ChildGivenUp(f"{child.name} did not start:\n{child.last_lines(8)}")
        time.sleep(0.1)


def answers(url: str) -> bool:
    """Whether an HTTP server answers there, be it with an error."""
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own addresses
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
