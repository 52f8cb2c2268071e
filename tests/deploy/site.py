"""An emulator, and commands and processes as an operator and the units start them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import httpx
from dotenv import dotenv_values

from foundation.config import PROJECT_DIRECTORY, get_settings
from foundation.fleet import lifecycle
from localcloud.emulator.emulator_process import emulator
from localcloud.system.environment import as_role, emulated_aws
from localcloud.system.ports import free_port
from localcloud.system.processes import Child
from tests.deploy.unit_limits import UNITS, limited
from tests.system.running import clean_environment, wait_for

SYSTEM = "as-on-aws"
BASE_IMAGE = "ami-760aaa0f"  # with its root disk where Debian has it
QUICK = {
    "SCALER_INTERVAL_SECONDS": "0.5",
    "SCALER_SCALE_IN_DELAY_SECONDS": "2",
    "MINIMUM_BILLED_SECONDS": "0",
    "RECOGNITION_MODEL": "dlib",
}


class Site:
    """One of them, in a folder."""

    command: tuple[str, ...] = ("manage.py",)
    newer_image = BASE_IMAGE

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.emulator_port = folder, free_port(), free_port()
        self.endpoint = f"http://127.0.0.1:{self.emulator_port}"
        keys = {**emulated_aws(self.endpoint, get_settings()), "FACEWEB_ID": SYSTEM}
        keys.pop("AMI_ID")  # the launch template says what is launched
        self.environment = {**clean_environment(folder / "var"), **keys, **QUICK}
        self.children: list[Child] = []
        self.units: dict[str, str] = {}  # child -> the unit under whose limits it runs

    def aws(self, service: str) -> Any:
        return boto3.client(
            service, endpoint_url=self.endpoint, region_name="us-east-1",
            aws_access_key_id="local", aws_secret_access_key="local",
        )  # fmt: skip

    def start(self, name: str, *command: str, **more: str) -> Child:
        roles = {"instance": "app", "web": "web", "scaler": "web"}
        environment = as_role(self.environment, roles.get(name, "operator"))
        # TMPDIR is what PrivateTmp= is there: a separate place to write to.
        environment |= {"PYTHONPATH": str(PROJECT_DIRECTORY), "TMPDIR": str(self.folder), **more}
        whole = [*self._limits(name), sys.executable, *command]
        child = Child(name, whole, environment, self.folder / f"{name}.log")
        child.start()
        self.children.append(child)
        return child

    def _limits(self, name: str) -> list[str]:
        if name not in self.units:
            return []
        return limited(UNITS / self.units[name], [self.folder], self.refusals(name))

    def refusals(self, name: str) -> Path:
        """Where strace writes the calls that were refused to a child."""
        return self.folder / f"{name}.refused"

    def start_web(self, environment: dict[str, str]) -> str:
        """The web tier; returns its address."""
        self.manage("migrate", **environment)
        self.start(
            "web", "-m", "faceweb.server", **environment,
        )  # fmt: skip
        url = f"http://127.0.0.1:{self.port}/"
        wait_for(lambda: answers(f"{url}healthz"), 60, "the web tier")
        return url

    def start_emulator(self) -> None:
        log = self.folder / "emulator.log"
        environment = {**os.environ, **self.environment}
        child = emulator(self.emulator_port, environment, log, None, *self.emulator_options())
        child.start()
        self.children.append(child)
        wait_for(lambda: answers(self.endpoint), 60, "the emulator")

    def emulator_options(self) -> list[str]:
        return []

    def manage(self, *arguments: str, **more: str) -> str:
        role = as_role(self.environment, "web" if more else "operator")
        done = subprocess.run(
            [sys.executable, *self.command, *arguments], cwd=PROJECT_DIRECTORY, text=True,
            env={**role, **more}, capture_output=True, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def web_environment(self) -> dict[str, str]:
        """The file that provision wrote, with a port and an address of this machine."""
        values = dotenv_values(self.folder / "var" / "web.environment")
        here = {"HOST": "127.0.0.1", "PORT": str(self.port)}
        return {**{name: value or "" for name, value in values.items()}, **here}

    def instances(self, *states: str) -> list[dict[str, Any]]:
        return lifecycle.describe_fleet(self.aws("ec2"), SYSTEM, states)

    def tags(self) -> dict[str, str]:
        (instance,) = self.instances(*lifecycle.LIVING_STATES)
        return lifecycle.tags_of(instance)


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code < 500
    except httpx.HTTPError:
        return False


def last_json(output: str) -> Any:
    return json.loads(output.splitlines()[-1])
