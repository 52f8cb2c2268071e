"""`python -m tests.deploy.nspawn`: bake the machine image, boot both tiers from it, ask for a name.

Each machine is a Debian in a folder with the real systemd, cloud-init, user data and units, and a
metadata service at 169.254.169.254. EC2, S3, SQS and the rest are the emulator's. Debian is kept in
`.machine/`, so that a second run needs no mirror. No device comes into a namespace: the data volume
is a folder, which a second web instance gets after the first. What is not tried: AWS itself.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from deploy.stack.emptying import BUILDER_TAG
from foundation.config import PROJECT_DIRECTORY
from foundation.fleet import lifecycle
from localcloud.system.environment import ROLE_PREFIX
from localcloud.system.processes import stop_all
from tests.deploy.instance.metadata_server import MetadataServer
from tests.deploy.nspawn import network
from tests.deploy.nspawn.machine import Machine, Unable, check_tools, disk_of, make_debian, write
from tests.deploy.site import BASE_IMAGE, SYSTEM, Site, last_json
from tests.system.pictures import HOPPER, encoded, portrait
from tests.system.running import wait_for

FOLDER = PROJECT_DIRECTORY / ".machine"
CERTIFICATES = Path("/etc/ssl/certs")
QUICK = {
    "SCALER_INTERVAL_SECONDS": "0.5",
    "SCALER_SCALE_IN_DELAY_SECONDS": "2",
    "MINIMUM_BILLED_SECONDS": "0",
}
DEFAULTS = "/etc/systemd/system.conf.d/here.conf"
SOURCES = "/etc/cloud/cloud.cfg.d/95-here.cfg"
SEED = "/var/lib/cloud/seed/nocloud"
SOURCE = "datasource_list: [{source}]\ndatasource: {{Ec2: {{strict_id: false, metadata_urls: ['http://169.254.169.254']}}}}\n"
OWN_BOOT = "[Service]\nProtectProc=default\nProtectKernelTunables=no\nProtectControlGroups=no\n"
"""Under these a namespace shows its host's boot id, and journalctl looks for that boot."""
NO_NETWORK = "network: {config: disabled}\n"


class MachineSite(Site):
    """The emulator where machines reach it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.endpoint = f"http://{network.GATEWAY}:{self.emulator_port}"
        self.environment["AWS_ENDPOINT_URL"] = self.endpoint

    def emulator_options(self) -> list[str]:
        return ["--host", network.GATEWAY]


def main() -> int:
    parser = argparse.ArgumentParser(description="Bakes the machine image and boots both tiers.")
    parser.add_argument("--image", type=Path, metavar="FOLDER", help="baked already; not baked")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where to keep what is baked")
    chosen = parser.parse_args()
    try:
        check_tools()
    except Unable as error:
        print(f"Skipped: {error}.")
        return 0
    FOLDER.mkdir(exist_ok=True)
    step("Debian", lambda: make_debian(FOLDER / "debian"))
    with network.bridge(), tempfile.TemporaryDirectory(dir=FOLDER) as scratch:
        site = MachineSite(Path(scratch))
        try:
            site.start_emulator()
            try_out(site, chosen.image, chosen.keep)
        finally:
            stop_all(site.children, seconds=5)
    return 0


def step(what: str, do: Callable[[], Any]) -> Any:
    began = time.monotonic()
    found = do()
    print(f"  {what:<58} {time.monotonic() - began:5.1f} s", flush=True)
    return found


def try_out(site: MachineSite, image: Path | None, keep: Path | None) -> None:
    parameters = ("-p", "WebInstanceType=", "-p", "OpenContract=1")
    step("provision", lambda: site.manage("provision", "--yes", *parameters))
    with ExitStack() as ending:
        if image is None:
            image = ending.enter_context(disk_of(FOLDER / "debian", site.folder / "builder"))
            step("bakeami: under cloud-init, to the power-off", lambda: bake(site, image))
        if keep:
            subprocess.run(["cp", "-a", str(image), str(keep)], check=True)  # devices, too
        use(site, image)
    left = last_json(site.manage("deprovision", "--yes", "--json"))["left"]
    assert left == [], left


def use(site: MachineSite, image: Path) -> None:
    """Both tiers booted from the image."""
    for name, value in QUICK.items():
        site.aws("ssm").put_parameter(Name=f"/{SYSTEM}/web/{name}", Value=value, Type="String")
    disk = site.folder / "data"
    disk.mkdir()
    with web_instance(site, image, 10, disk) as (web, url):
        check_hosts(url)
        job = app_tier(site, image, url)
        check_units(web)
        check_journal(site, 10, "job_accepted")
        web.lose()
        wait_for(web.has_powered_off, 30, "the lost instance's end")
    with web_instance(site, image, 11, disk) as (_, url):
        kept = httpx.get(f"{url}{job}", timeout=30).json()
        print(f"    its history: {kept['filename']} is {kept['result']}", flush=True)
        assert kept["result"] == "unknown"


@contextmanager
def web_instance(
    site: MachineSite, image: Path, number: int, disk: Path
) -> Iterator[tuple[Machine, str]]:
    """A web instance with this data volume, and its address once it is ready."""
    data = web_user_data(site)
    with instance(site, image, "web", data, number, f"--bind={disk}:/var/lib/faceweb") as (web, _):
        url = f"http://{address(number)}:8000/"
        step("a web instance, from its boot to /readyz", lambda: wait_for(
            lambda: is_ready(url), 90, web.journal_or("the web tier")
        ))  # fmt: skip
        yield web, url


def check_journal(site: Site, number: int, word: str) -> None:
    """An instance's lines are in CloudWatch Logs."""
    found = step("its journal, in CloudWatch Logs", lambda: wait_for(
        lambda: lines_of(site, f"i-{number:08x}", word), 30, f"{word} in CloudWatch"
    ))  # fmt: skip
    print(f"    {found[-1][:90]}", flush=True)


def lines_of(site: Site, instance_id: str, word: str) -> list[str]:
    """What CloudWatch Logs has of an instance with this word."""
    logs = site.aws("logs")
    try:
        found = logs.get_log_events(
            logGroupName=f"/{SYSTEM}/journal", logStreamName=instance_id, startFromHead=True
        )["events"]
    except logs.exceptions.ResourceNotFoundException:
        return []
    return [one["message"] for one in found if word in one["message"]]


def bake(site: MachineSite, root: Path) -> None:
    """Have `bakeami` make an image of a machine."""
    builder = threading.Thread(target=play_builder, args=(site, root))
    builder.start()
    try:
        baked = last_json(site.manage("bakeami", "--base-image", BASE_IMAGE, "--json"))
    finally:
        builder.join()
    assert (baked["ok"], baked["faces"]) == (True, 1), baked
    shutil.rmtree(root / SEED.lstrip("/"), ignore_errors=True)


def play_builder(site: MachineSite, root: Path) -> None:
    """What EC2 does with the builder that bakeami launches: boots it, and sees it stop."""
    ec2 = site.aws("ec2")
    filters = [{"Name": f"tag:{BUILDER_TAG}", "Values": [SYSTEM]}]
    found = wait_for(lambda: ec2.describe_instances(Filters=filters)["Reservations"], 60)
    instance_id = found[0]["Instances"][0]["InstanceId"]
    write(root, f"{SEED}/meta-data", f"instance-id: {instance_id}\n")
    write(root, f"{SEED}/user-data", user_data_of(ec2, instance_id))
    here = {name: os.environ[name] for name in ("PIP_CERT", "PIP_INDEX_URL") if name in os.environ}
    prefix = Path(sys.prefix).resolve()
    here["NETS_PYTHON"] = str(prefix / "bin" / "python")  # torch is here already
    settle(root, "NoCloud", here)
    base = Path(sys.base_prefix).resolve()
    own = base == Path("/usr")  # Debian's Python is in the machine already, among all the rest
    shared = (CERTIFICATES, prefix, *(() if own else (base,)))
    with Machine(root, *(f"--bind-ro={one}" for one in shared)).booted() as machine:
        wait_for(machine.has_powered_off, 600, machine.journal_or("the builder's end"))
    ec2.stop_instances(InstanceIds=[instance_id])


def settle(root: Path, source: str, environment: dict[str, str]) -> None:
    """What is of this place: where cloud-init looks, and where the units find AWS."""
    words = " ".join(f"{name}={value}" for name, value in environment.items())
    write(root, SOURCES, SOURCE.format(source=source) + NO_NETWORK)
    write(root, DEFAULTS, f"[Manager]\nDefaultEnvironment={words}\n")
    write(root, "/etc/systemd/system/faceweb-journal.service.d/here.conf", OWN_BOOT)
    (root / "var/log/journal").mkdir(exist_ok=True)


def user_data_of(ec2: Any, instance_id: str) -> str:
    found = ec2.describe_instance_attribute(InstanceId=instance_id, Attribute="userData")
    return base64.b64decode(found["UserData"]["Value"]).decode()


def web_user_data(site: Site) -> str:
    """That of the stack's launch template."""
    found = site.aws("ec2").describe_launch_template_versions(
        LaunchTemplateName=f"{SYSTEM}-web-tier", Versions=["$Latest"]
    )
    data = found["LaunchTemplateVersions"][0]["LaunchTemplateData"]["UserData"]
    return base64.b64decode(data).decode()


def address(number: int) -> str:
    return f"10.77.0.{number}"


@contextmanager
def instance(
    site: MachineSite, image: Path, role: str, user_data: str, number: int, *options: str
) -> Iterator[tuple[Machine, MetadataServer]]:
    """A machine of the image, booted as EC2 boots an instance with this role and user data."""
    with ExitStack() as ending:
        path, metadata = ending.enter_context(
            network.namespace(f"faces-{number}", address(number))
        )  # fmt: skip
        metadata.user_data = user_data
        metadata.texts |= {"local-ipv4": address(number), "instance-id": f"i-{number:08x}"}
        metadata.texts[f"iam/security-credentials/{role}"] = credentials(role)
        root = ending.enter_context(disk_of(image, site.folder / f"{role}-{number}"))
        settle(root, "Ec2", {"AWS_ENDPOINT_URL": site.endpoint})
        machine = Machine(root, f"--network-namespace-path={path}", *options)
        ending.enter_context(machine.booted())
        try:
            yield machine, metadata
        except BaseException:
            print(f"--- the journal of {root.name}\n{machine.journal('faceweb-*')[-20_000:]}")
            raise


def credentials(role: str) -> str:
    """What the metadata service tells of a role; the access key tells the emulator who calls."""
    return json.dumps(
        {
            "Code": "Success",
            "Type": "AWS-HMAC",
            "AccessKeyId": f"{ROLE_PREFIX}{role}",
            "SecretAccessKey": "local",
            "Token": "local",
            "LastUpdated": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "Expiration": (datetime.now(UTC) + timedelta(hours=6)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
    )


def is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}readyz", timeout=2).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def check_hosts(url: str) -> None:
    """By the instance's own address pages come, by a name of somebody else's none."""
    own = httpx.get(f"{url}admin/login/", timeout=30).status_code
    foreign = httpx.get(f"{url}admin/login/", headers={"Host": "evil.example"}, timeout=30)
    print(f"    by its own address {own}, by a foreign name {foreign.status_code}", flush=True)
    assert (own, foreign.status_code) == (200, 400)


def app_tier(site: MachineSite, image: Path, url: str) -> str:
    """The scaler's launch, booted; the picture's answer; the drain, to the power-off. Returns where
    the answer is."""
    picture = {"inputFile": ("a.jpg", encoded(portrait(HOPPER)))}
    with ThreadPoolExecutor(max_workers=1) as client:
        answer = client.submit(httpx.post, url, files=picture, timeout=180)
        (launched,) = step(
            "the scaler's launch", lambda: wait_for(lambda: site.instances("running"), 60)
        )
        user_data = user_data_of(site.aws("ec2"), launched["InstanceId"])
        with instance(site, image, "app", user_data, 20) as (machine, metadata):
            metadata.texts["instance-id"] = launched["InstanceId"]
            with tags_told(site, metadata):
                said = step("an app instance, from its boot to the answer", answer.result)
                print(f"    {said.text.strip()}", flush=True)
                assert said.text == "a.jpg:unknown\n"
                step("its program is killed: started again", lambda: kill_program(machine))
                step(
                    "idle: asked to leave, drained, powered off",
                    lambda: wait_for(
                        machine.has_powered_off, 90, machine.journal_or("the power-off")
                    ),
                )
            check_units(machine)
    assert lines_of(site, launched["InstanceId"], "job_done")
    step(
        "seen as terminated",
        lambda: wait_for(lambda: not site.instances("pending", "running"), 60, "the termination"),
    )
    return urlsplit(said.headers["Location"]).path.lstrip("/")


def kill_program(machine: Machine) -> None:
    """A crash of the program that looks after the worker does not end the machine."""
    program = "-m deploy.instance"
    (before,) = machine.processes(program)
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: machine.processes(program) - {before}, 30, "the program's second start")


@contextmanager
def tags_told(site: Site, metadata: MetadataServer) -> Iterator[None]:
    """The metadata service tells the instance's tags, as EC2's does."""
    stop = threading.Event()

    def tell() -> None:
        while not stop.wait(0.2):
            for one in site.instances(*lifecycle.LIVING_STATES):
                for name, value in lifecycle.tags_of(one).items():
                    metadata.texts[f"tags/instance/{name}"] = value

    thread = threading.Thread(target=tell)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def check_units(machine: Machine) -> None:
    """Raises AssertionError where one of our units failed, but by our own kill."""
    failed = [
        line
        for line in machine.journal().splitlines()
        if "faceweb-" in line and "Failed with result" in line and "'signal'" not in line
    ]
    assert failed == [], "\n".join(failed)


if __name__ == "__main__":
    sys.exit(main())
