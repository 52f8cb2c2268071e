"""What EC2 does with a builder: `python -m tests.support.builder_host`, beside an emulator.

The emulator starts no machine. This watches it for builders (`manage.py bakeami`), and does on this
machine, in a folder for each, what cloud-init would do there: write the files, run the commands,
stop the instance. The build script is the real one; torch comes from this Python instead of a
second installation.
"""

from __future__ import annotations

import argparse
import base64
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import structlog
import yaml
from botocore.exceptions import BotoCoreError, ClientError

from deploy.stack.emptying import BUILDER_TAG
from foundation import aws, logs
from foundation.config import Settings, get_settings
from foundation.fleet import lifecycle

if TYPE_CHECKING:
    from types_boto3_ec2 import EC2Client

log = structlog.get_logger()

LOOK_SECONDS = 1.0
MARK = "#cloud-config"


class WrittenFile(TypedDict):
    """One file of a cloud-config."""

    path: str
    content: str
    permissions: str


class CloudConfig(TypedDict, total=False):
    """What of cloud-config the builder uses."""

    write_files: list[WrittenFile]
    runcmd: list[list[str] | str]


def cloud_config(ec2: EC2Client, instance_id: str) -> CloudConfig:
    """An instance's user data, read as cloud-init reads it. Raises ValueError for another kind."""
    found = ec2.describe_instance_attribute(InstanceId=instance_id, Attribute="userData")
    text = base64.b64decode(found["UserData"]["Value"]).decode()
    if not text.startswith(MARK):
        raise ValueError(f"the user data of {instance_id} is no cloud-config")
    document: CloudConfig = yaml.safe_load(text)
    return document


def boot(document: CloudConfig, root: Path, nets_python: str) -> int:
    """Write the files and run the commands, below `root`. Returns the last status that is not 0."""
    for file in document.get("write_files", ()):
        path = root / file["path"].lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file["content"])
        path.chmod(int(file.get("permissions", "0644"), 8))
    environment = {
        **os.environ,
        "ROOT": str(root),
        "NETS_PYTHON": nets_python,
        "PYTHON": nets_python,
    }
    failed = 0
    for command in document.get("runcmd", ()):
        inside = [
            str(root / part.lstrip("/")) if part.startswith("/") else part for part in command
        ]
        status = subprocess.run(inside, env=environment, check=False).returncode
        failed = status or failed
    return failed


class BuilderHost:
    """The builders of one system, one after the other."""

    def __init__(self, settings: Settings, folder: Path, nets_python: str) -> None:
        self._ec2 = aws.client("ec2", settings)
        self._system, self._folder, self._nets_python = settings.faceweb_id, folder, nets_python
        self._done: set[str] = set()

    def look_once(self) -> None:
        """Boot every builder that has not been booted. Raises botocore's errors."""
        ours = {f"tag:{BUILDER_TAG}": [self._system], "instance-state-name": ["pending", "running"]}
        page = self._ec2.describe_instances(Filters=aws.filters(ours))
        for instance in lifecycle.instances_of([page]):
            if instance["InstanceId"] not in self._done:
                self._boot(instance["InstanceId"])

    def _boot(self, instance_id: str) -> None:
        self._done.add(instance_id)
        root = self._folder / instance_id
        log.info("builder_booting", instance_id=instance_id, root=str(root))
        document = cloud_config(self._ec2, instance_id)
        status = boot(document, root, self._nets_python)
        log.info("builder_done", instance_id=instance_id, status=status)
        self._ec2.stop_instances(InstanceIds=[instance_id])
        shutil.rmtree(root, ignore_errors=True)


def run(settings: Settings, folder: Path, stop: threading.Event) -> None:
    host = BuilderHost(settings, folder, sys.executable)
    while not stop.wait(LOOK_SECONDS):
        try:
            host.look_once()
        except (BotoCoreError, ClientError, ValueError) as error:
            log.warning("builders_unseen", error=str(error))


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Boots the builders of manage.py bakeami, which the emulator only pretends to."
    )
    parser.add_argument("--endpoint", metavar="URL", help="of the emulator (AWS_ENDPOINT_URL)")
    arguments = parser.parse_args()
    if arguments.endpoint:
        os.environ["AWS_ENDPOINT_URL"] = arguments.endpoint
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            os.environ.setdefault(name, "local")
    settings = get_settings()
    logs.configure(settings)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with tempfile.TemporaryDirectory(prefix="builder-") as folder:
        run(settings, Path(folder), stop)


if __name__ == "__main__":
    main()
