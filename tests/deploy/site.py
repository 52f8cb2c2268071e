"""An emulator, and commands and processes as an operator and the units start them."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Mapping
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
from tests.deploy import STACKS
from tests.deploy.caddy import OWN_CERTIFICATES, caddy_child
from tests.deploy.unit_limits import UNITS, limited
from tests.system.running import clean_environment, wait_for

SYSTEM = "as-on-aws"
DOMAIN = "faces.example.org"
BASE_IMAGE = "ami-760aaa0f"  # with its root disk where Debian has it
NEW_KEY = """
from faceweb.access.callers import issue_key
from faceweb.models import ApiKey
print(issue_key(ApiKey(name="operator")))
"""
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
        self.database: dict[str, str] = {}  # DATABASE_URL, where it is not SQLite

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

    def start_web(self, environment: dict[str, str]) -> httpx.Client:
        """The web tier. Returns a client of it that has a key."""
        self.manage("migrate", **environment)
        self.start("web", "-m", "faceweb.server", **environment)
        url = f"http://127.0.0.1:{self.port}/"
        wait_for(lambda: answers(f"{url}healthz"), 60, "the web tier")
        key = self.manage("shell", "-v0", "-c", NEW_KEY, **environment).splitlines()[-1]
        headers = {"X-API-Key": key}
        if not environment.get("HTTPS"):
            return httpx.Client(base_url=url, headers=headers, timeout=120)
        url, trusted = self._start_caddy()
        web = httpx.Client(
            base_url=url, headers={**headers, "Host": DOMAIN}, verify=trusted, timeout=120,
            event_hooks={"request": [_by_name]},
        )  # fmt: skip
        wait_for(lambda: reached(web), 30, "Caddy")
        return web

    def _start_caddy(self) -> tuple[str, ssl.SSLContext]:
        """What ends HTTPS before the web tier: its address, and who trusts its certificate."""
        ports, store = {"http": free_port(), "https": free_port()}, self.folder / "certificates"
        site = f"{DOMAIN} {{\n  reverse_proxy 127.0.0.1:{self.port}\n}}\n"
        child = caddy_child(self.folder, OWN_CERTIFICATES.format(**ports, folder=store) + site)
        child.start()
        self.children.append(child)
        root = store / "pki" / "authorities" / "local" / "root.crt"
        wait_for(root.exists, 30, "Caddy's certificate")
        return f"https://127.0.0.1:{ports['https']}/", ssl.create_default_context(cafile=root)

    def start_emulator(self) -> None:
        log = self.folder / "emulator.log"
        environment = {"EMULATOR_MIDDLEWARE": STACKS, **os.environ, **self.environment}
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
        """The file that provision wrote, with a port, an address and a database of this machine."""
        found = dotenv_values(self.folder / "var" / "web.environment")
        values = {name: value or "" for name, value in found.items()}
        here = {"HOST": "127.0.0.1", "PORT": str(self.port), **self.database}
        here["RESULT_TIMEOUT_SECONDS"] = "110"  # this machine may be busy
        if values.get("TRUSTED_PROXIES"):
            here["TRUSTED_PROXIES"] = "127.0.0.1"  # Caddy, for a balancer too
        return {**values, **here}

    def parameters(self, size: str) -> dict[str, str]:
        """What provision is told for a size that answers under a name."""
        certificate = self.aws("acm").request_certificate(DomainName=DOMAIN)["CertificateArn"]
        return {"Size": size, "DomainName": DOMAIN, "CertificateArn": certificate}

    def make(self, size: str) -> str:
        """The stack, and an image for both tiers. Returns the image's id."""
        self.manage("provision", "--yes", *as_options(self.parameters(size)))
        self.start("builders", "-m", "tests.support.builder_host")
        said = self.manage("bakeami", "--web", "--base-image", BASE_IMAGE, "--json")
        baked = last_json(said)
        assert (baked["ok"], baked["faces"], baked["torch_loaded"]) == (True, 1, False)
        return str(baked["image"])

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


def reached(web: httpx.Client) -> bool:
    try:
        return web.get("healthz").is_success
    except httpx.HTTPError:
        return False


def _by_name(request: httpx.Request) -> None:
    """The connection asks for the certificate of the name in the Host header."""
    request.extensions["sni_hostname"] = DOMAIN


def as_options(parameters: Mapping[str, str]) -> list[str]:
    """As `provision` takes them."""
    return [word for name, value in parameters.items() for word in ("-p", f"{name}={value}")]


def last_json(output: str) -> Any:
    return json.loads(output.splitlines()[-1])
