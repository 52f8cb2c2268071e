"""Puts a run's world together: a small disk, a database, the emulator, the proxy, the system.

Django reads its settings once, so this comes before anything that needs them is imported.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foundation.config import Settings, get_settings

if TYPE_CHECKING:
    from tests.chaos.stage import Report, Stage

AWS_VARIABLES = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE", "AWS_CA_BUNDLE")

SYSTEM = {
    "FACEWEB_ID": "chaos",
    "RECOGNITION_MODEL": "dlib",
    "WORKER_PROCESSES": "1",
    "SCALER_MIN": "0",
    "SCALER_MAX": "3",
    "SCALER_INTERVAL_SECONDS": "1",
    "EXPECTED_BOOT_SECONDS": "3",
    # A run's time-out follows from it, and must come within a run that hangs.
    "BURST_RUN_SECONDS": "5",
    # Here one picture may meet three faults by itself, and must be answered all the same.
    "MAX_RECEIVE_COUNT": "6",
    "DJANGO_SETTINGS_MODULE": "faceweb.settings",
}
"""Two cores: up to three instances of one process, and functions beside them. All times are the
product's defaults."""

QUICK = {"VISIBILITY_TIMEOUT_SECONDS": "10", "TASK_TIME_LIMIT_SECONDS": "9"}
"""For a run of a minute, in which 30 s until a second delivery would be long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The running system, and settings that lead past the proxy."""

    settings: Settings
    stage: Stage


def prepare(stack: ExitStack, var_dir: Path, options: Any, report: Report) -> World:
    """Start everything; `stack` stops it."""
    from localcloud.emulator.emulator_process import KEPT_FOLDER, emulator_with_process
    from tests.chaos.stage import Stage, small_disk
    from tests.support.postgresql import PostgresqlServer, find_binaries
    from tests.system.fault_proxy import running_proxy

    report("Starting database, emulator and system")
    is_small = stack.enter_context(small_disk(var_dir, report))
    postgresql = PostgresqlServer() if find_binaries() else None
    url = ""
    if postgresql:
        stack.callback(postgresql.stop)
        url = postgresql.start()
    _set_environment(var_dir, url, options.is_quick)
    log, kept = var_dir / "log", var_dir / KEPT_FOLDER
    _, aws = stack.enter_context(emulator_with_process(get_settings(), log, kept))
    settings = _set_up(aws)
    proxy = stack.enter_context(running_proxy(aws["AWS_ENDPOINT_URL"], options.seed))
    stage = Stage(settings, proxy, _environment(settings, aws, proxy.url), postgresql, report,
                  is_small)  # fmt: skip
    stack.callback(stage.stop)
    stage.start()
    _enrol(settings, report)
    if not options.is_quick:
        _hold_an_instance(options.seconds / 2)
    return World(settings=settings, stage=stage)


def _set_environment(var_dir: Path, database_url: str, is_quick: bool) -> None:
    for name in (*AWS_VARIABLES, *(field.upper() for field in Settings.model_fields)):
        os.environ.pop(name, None)
    os.environ |= {"VAR_DIR": str(var_dir), "DATABASE_URL": database_url, **SYSTEM}
    if is_quick:
        os.environ |= QUICK
    get_settings.cache_clear()


def _set_up(aws: dict[str, str]) -> Settings:
    """Queues, buckets, tables and models."""
    import django
    from django.core.management import call_command

    from foundation.aws.provisioning import provision
    from localcloud.emulator.emulator_process import use_aws
    from localcloud.system.environment import children_environment
    from localcloud.system.models_at_hand import prepare_models

    settings = use_aws(aws)
    django.setup()
    provision(settings)
    call_command("migrate", verbosity=0, interactive=False)
    log_file = settings.var_dir / "log" / "models.log"
    prepare_models(settings, children_environment(settings, aws), log_file)
    return settings


def _environment(settings: Settings, aws: dict[str, str], proxy_url: str) -> dict[str, str]:
    """What the system's processes get: their AWS is the proxy."""
    from localcloud.system.environment import children_environment

    led = settings.model_copy(update={"aws_endpoint_url": proxy_url})
    return children_environment(led, {**aws, "AWS_ENDPOINT_URL": proxy_url})


def _hold_an_instance(seconds: float) -> None:
    """Workers meet the faults while it is held, and functions most of those after that."""
    from scaler.record import orders

    orders.hold(1, seconds / 60, "chaos")


def _enrol(settings: Settings, report: Report) -> None:
    from localcloud.system.first_start import enrol_samples

    enrol_samples(settings, report)
