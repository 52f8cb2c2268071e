"""A system of the benchmark's own: emulator, web tier, and nothing that would change by itself.

No scaler and no instance host run here: the fleet is held constant, and a worker is started and
stopped by the code that measures it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.system.bare_loop import BareLoop
from benchmarks.system.model import MeasuredModel
from foundation.aws.provisioning import provision
from foundation.config import PROJECT_DIRECTORY, Settings
from localcloud.emulator.emulator_process import answers, emulator_with_process, wait_until
from localcloud.system.environment import children_environment
from localcloud.system.ports import free_port
from localcloud.system.processes import Child, stop_all
from localcloud.system.samples import write_samples
from localcloud.system.web_server import local_url, web_server

WEB_START_SECONDS = 60.0
WAIT_SECONDS = 600
"""How long `POST /` waits here: a thousand clients on a slow machine are no error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateSystem:
    """The running processes, and the environment of their children."""

    settings: Settings
    environment: dict[str, str]
    emulator: Child
    web: Child
    bare: BareLoop
    portraits: list[Path]


@contextmanager
def private_system(
    settings: Settings, model: MeasuredModel, say: Callable[[str], None]
) -> Iterator[PrivateSystem]:
    """Start it in a separate folder; all of it is gone afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="system-benchmark-") as folder,
        emulator_with_process(settings, Path(folder)) as (emulator, aws),
    ):
        own = private_settings(
            settings,
            Path(folder),
            aws["AWS_ENDPOINT_URL"],
            weights_dir=Path(model.weights_dir),
            recognition_model=model.name,
            result_timeout_seconds=WAIT_SECONDS,
        )
        environment = {**children_environment(own, aws), "DATABASE_URL": ""}
        provision(own)
        migrate(environment)
        web = web_server(own, environment, own.var_dir / "web.log")
        with BareLoop(own.worker_processes, environment) as bare:
            samples = write_samples(own.var_dir / "samples")
            say("loading the model, enrolling two people")
            bare.enrol({person: path for path, person in samples.items()})
            with running_web(web, own):
                yield PrivateSystem(
                    settings=own, environment=environment, emulator=emulator, web=web,
                    bare=bare, portraits=list(samples),
                )  # fmt: skip


def private_settings(settings: Settings, folder: Path, endpoint: str, **more: object) -> Settings:
    """The settings of a system with one web process, and a folder and an emulator for itself."""
    return settings.model_copy(
        update={
            "faceweb_id": "benchmark",
            "var_dir": folder,
            "port": free_port(),
            "host": "127.0.0.1",
            "web_processes": 1,
            "database_url": None,
            "aws_endpoint_url": endpoint,
            "log_level": "INFO",
            **more,
        }
    )


@contextmanager
def running_web(web: Child, settings: Settings) -> Iterator[None]:
    """Within this, the web tier answers."""
    web.start()
    try:
        wait_until(web, lambda: answers(f"{local_url(settings)}healthz"), WEB_START_SECONDS)
        yield
    finally:
        stop_all([web], seconds=8)


def migrate(environment: Mapping[str, str], checkout: Path = PROJECT_DIRECTORY) -> None:
    """Make the tables of a checkout's version."""
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0", "--no-input"],
        cwd=checkout, env=environment, check=True,
    )  # fmt: skip
