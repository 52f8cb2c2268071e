"""The environment of everything that runs on this machine, and the record that others find."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

import psutil

from foundation.config import Settings
from foundation.local_state import running_system
from localcloud.system.processes import MARK

AWS_VARIABLES = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE", "AWS_CA_BUNDLE")
"""Would lead boto3 to somebody's real account."""


ROLE_PREFIX = "local-"
"""Begins the access key of each process; the rest tells the emulator which role it has on AWS."""

EMULATED_IMAGE = "ami-12c6146b"
"""An image that the emulator knows. What an instance really runs is the instance host's matter."""


def emulated_aws(endpoint: str, settings: Settings) -> dict[str, str]:
    """What makes boto3 talk to the emulator, which takes any keys."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": settings.aws_region,
        "AWS_DEFAULT_REGION": settings.aws_region,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AMI_ID": EMULATED_IMAGE,
    }


def as_role(environment: Mapping[str, str], role: str) -> dict[str, str]:
    """The same environment with an access key that tells the emulator who calls."""
    return {**environment, "AWS_ACCESS_KEY_ID": f"{ROLE_PREFIX}{role}"}


def children_environment(settings: Settings, aws: Mapping[str, str]) -> dict[str, str]:
    """The environment of every child process."""
    inherited = {name: value for name, value in os.environ.items() if name not in AWS_VARIABLES}
    return {
        **inherited,
        **settings.environment(),
        **aws,
        MARK: str(settings.var_dir),
        # Else setproctitle, which Celery uses where it is installed, overwrites the mark.
        "SPT_NOENV": "1",
        "DJANGO_SETTINGS_MODULE": "faceweb.settings",
        "PYTHONPATH": str(running_system.PROJECT_DIRECTORY),
        "PYTHONUNBUFFERED": "1",
        # A function works on one core.
        "BURST_CONCURRENCY": str(min(settings.burst_concurrency, os.cpu_count() or 1)),
        # One inference thread a process: measured faster than several (see facts in ARCHITECTURE).
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def record_running_system(settings: Settings, aws: Mapping[str, str]) -> Path:
    """Write down what a `manage.py` command beside this one needs. Returns the file."""
    values = {
        running_system.RUNNING_SYSTEM_PID: str(os.getpid()),
        running_system.RUNNING_SYSTEM_STARTED: repr(psutil.Process().create_time()),
        **settings.environment(),
        **aws,
    }
    path = settings.var_dir / running_system.RUNNING_SYSTEM_FILE
    path.touch(mode=0o600)
    path.write_text("".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items()))
    return path
