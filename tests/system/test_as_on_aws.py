"""The whole way of `docs/operations.md` against an emulator: provision, bake, run, replace, remove.

The machine image is really built (in a folder), the web tier and the scaler run from the stack's
environment file, and the instance that the scaler launches is played by its own program, with a
metadata service on loopback, as its systemd unit runs it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from dotenv import dotenv_values

from foundation import lifecycle
from foundation.config import PROJECT_DIRECTORY
from localcloud.emulator.emulator_process import emulator
from localcloud.system.environment import as_role, emulated_aws
from localcloud.system.ports import free_port
from localcloud.system.processes import Child, stop_all
from tests.deploy.instance.metadata_server import MetadataServer, metadata_server
from tests.deploy.test_systemd import UNITS
from tests.deploy.unit_limits import limited, why_not
from tests.support.factories import make_settings
from tests.system.pictures import HOPPER, encoded, portrait
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
    """An emulator, and commands and processes as an operator and the units start them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.emulator_port = folder, free_port(), free_port()
        self.endpoint = f"http://127.0.0.1:{self.emulator_port}"
        keys = {**emulated_aws(self.endpoint, make_settings()), "FACEWEB_ID": SYSTEM}
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
        # TMPDIR is what PrivateTmp= is there: a place of its own to write to.
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
        wait_for(lambda: _answers(f"{url}healthz"), 60, "the web tier")
        return url

    def start_emulator(self) -> None:
        log = self.folder / "emulator.log"
        child = emulator(self.emulator_port, {**os.environ, **self.environment}, log, None)
        child.start()
        self.children.append(child)
        wait_for(lambda: _answers(self.endpoint), 60, "the emulator")

    def manage(self, *arguments: str, **more: str) -> str:
        role = as_role(self.environment, "web" if more else "operator")
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=PROJECT_DIRECTORY, text=True,
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


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code < 500
    except httpx.HTTPError:
        return False


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    running = Site(tmp_path)
    try:
        running.start_emulator()
        yield running
    finally:
        stop_all(running.children, seconds=5)


@pytest.fixture
def metadata() -> Iterator[MetadataServer]:
    with metadata_server() as server:
        yield server


def last_json(output: str) -> Any:
    return json.loads(output.splitlines()[-1])


def test_up_baked_used_renewed_and_down_again(site: Site, metadata: MetadataServer) -> None:
    site.manage("provision", "--yes")
    site.start("builders", "-m", "localcloud.instances.builder_host")
    baked = last_json(site.manage("bakeami", "--base-image", BASE_IMAGE, "--json"))
    assert (baked["ok"], baked["faces"], baked["torch_loaded"]) == (True, 1, False)

    web_environment = site.web_environment()
    url = site.start_web(web_environment)
    site.start("scaler", "manage.py", "runscaler", **web_environment)
    picture = {"picture": ("a.jpg", encoded(portrait(HOPPER)))}
    job = httpx.post(f"{url}api/v1/recognise?wait=false", files=picture, timeout=30).json()

    (instance,) = wait_for(lambda: site.instances("running"), 60, "the scaler's launch")
    assert instance["ImageId"] == baked["image"]
    program = boot(site, instance["InstanceId"], metadata)
    wait_for(lambda: site.tags()[lifecycle.STATE_TAG] == lifecycle.READY, 60, "the worker")
    found = wait_for(lambda: answer(url, job["id"]), 60, "the answer")
    assert (found["state"], found["result"]) == ("succeeded", "unknown")
    assert found["instance"] == instance["InstanceId"]

    # Nothing more to do: the scaler asks it to leave, and it says when it has.
    wait_for(lambda: site.tags()[lifecycle.WANTED_TAG] == lifecycle.DRAIN, 60, "the scaler")
    metadata.texts[f"tags/instance/{lifecycle.WANTED_TAG}"] = lifecycle.DRAIN
    wait_for(program.has_ended, 30, "the instance's end")
    assert program.poll() == 0
    wait_for(lambda: not site.instances("pending", "running"), 60, "the termination")

    assert "0 app instances" in site.manage("publishmetrics", **web_environment)
    removed = last_json(site.manage("deprovision", "--yes", "--json"))
    assert removed["left"] == []
    assert removed["removed"]["images"] == 1


def boot(site: Site, instance_id: str, metadata: MetadataServer) -> Child:
    """What EC2 and systemd do with the instance: metadata, and its unit's program."""
    metadata.texts["instance-id"] = instance_id
    metadata.texts[f"tags/instance/{lifecycle.WANTED_TAG}"] = lifecycle.SERVE
    return site.start(
        "instance", "-m", "deploy.instance",
        AWS_EC2_METADATA_SERVICE_ENDPOINT=metadata.url, WORKER_PROCESSES="1",
    )  # fmt: skip


def answer(url: str, job_id: str) -> Any:
    job = httpx.get(f"{url}jobs/{job_id}", timeout=30).json()
    return job if job["times"]["answered"] else None


@pytest.fixture
def instance(site: Site, metadata: MetadataServer) -> Iterator[Child]:
    yield serving(site, metadata)


def serving(site: Site, metadata: MetadataServer) -> Child:
    """One instance of a provisioned system, launched by hand and ready."""
    site.manage("provision", "--yes")
    tags = {
        lifecycle.FLEET_TAG: SYSTEM,
        lifecycle.WANTED_TAG: lifecycle.SERVE,
        lifecycle.STATE_TAG: lifecycle.BOOTING,
    }
    launched = site.aws("ec2").run_instances(
        ImageId=BASE_IMAGE, MinCount=1, MaxCount=1,
        TagSpecifications=[
            {"ResourceType": "instance", "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}
        ],
    )["Instances"][0]  # fmt: skip
    program = boot(site, launched["InstanceId"], metadata)
    wait_for(lambda: site.tags()[lifecycle.STATE_TAG] == lifecycle.READY, 60, "the worker")
    return program


def test_a_spot_interruption_ends_the_worker_warm(
    site: Site, instance: Child, metadata: MetadataServer
) -> None:
    metadata.texts["spot/instance-action"] = '{"action": "terminate"}'

    wait_for(instance.has_ended, 30, "the instance's end")

    assert (instance.poll(), site.tags()[lifecycle.STATE_TAG]) == (0, lifecycle.ENDED)
    assert "Warm shutdown" in (site.folder / "instance.log").read_text()


def test_systemds_stop_does_the_same(site: Site, instance: Child) -> None:
    instance.terminate()

    wait_for(instance.has_ended, 30, "the instance's end")

    assert (instance.poll(), site.tags()[lifecycle.STATE_TAG]) == (0, lifecycle.ENDED)


@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_web_tier_and_worker_do_without_what_their_units_refuse(
    site: Site, metadata: MetadataServer
) -> None:
    site.units = {"instance": "faceweb-app-instance.service", "web": "faceweb-web.service"}
    program = serving(site, metadata)
    url = site.start_web(site.web_environment())

    picture = {"inputFile": ("a.jpg", encoded(portrait(HOPPER)))}
    assert httpx.post(url, files=picture, timeout=60).text == "a.jpg:unknown\n"

    metadata.texts[f"tags/instance/{lifecycle.WANTED_TAG}"] = lifecycle.DRAIN
    wait_for(program.has_ended, 30, "the instance's end")
    assert program.poll() == 0
    # Something was refused: the limits were there.
    assert (
        "= -1 EPERM (Operation not permitted) (INJECTED)" in site.refusals("instance").read_text()
    )
