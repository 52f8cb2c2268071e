"""The guide for AWS is followed: each command of docs/operations.md, as printed, on the emulator.

The builder is played: it sends a good report and stops. `test_as_on_aws.py` builds a real image.
"""

from __future__ import annotations

import base64
import json
import re
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.stack.cloudformation import Stack
from deploy.stack.emptying import BUILDER_TAG
from foundation.config import PROJECT_DIRECTORY
from localcloud.system.environment import as_role
from localcloud.system.processes import stop_all
from tests.deploy.site import BASE_IMAGE, Site
from tests.support.documents import blocks_of_documents

GUIDE = "docs/operations.md"
ON_THE_WEB_INSTANCE = "sudo /opt/faceweb/release/deploy/instance/manage.sh faces "
"""These are run here with the web tier's role and settings."""
LEFT_OUT = ("git ", "sudo systemctl", "sudo /opt/faceweb/release/deploy/instance/manage.sh move")
"""What begins so is for a checkout, or for the units of an instance."""
SHOWN_ALONE = "Size=standard"
"""moto makes a listener before its certificate when a stack is updated: that change is only shown.
test_commands.py makes the size from nothing."""
ANSWERS = "yes\n"
PERSON = {"Bucket": "faces-gallery", "Key": "gallery/somebody"}
REPORT = {
    "ok": True, "version": "v1", "model": "sface", "probability": 0.999, "ready_seconds": 0.5,
    "python": "3.11.2",
}  # fmt: skip


def commands() -> list[str]:
    """The guide's commands in their order, without comments."""
    lines = [
        line.partition(" #")[0].strip()
        for block in blocks_of_documents("sh")
        if block.file == GUIDE
        for line in block.text.replace("\\\n", "").splitlines()
        if line and not line.startswith("#")
    ]
    return [line for line in lines if not line.startswith(LEFT_OUT)]


class Guided(Site):
    """A site whose operator follows the guide, and whose builders are played."""

    def follow(self, command: str) -> str:
        """What a command printed. Raises AssertionError where it failed."""
        if command.startswith(ON_THE_WEB_INSTANCE):
            return self.on_the_web_instance(command.removeprefix(ON_THE_WEB_INSTANCE))
        if command.startswith("export "):
            self.environment |= dict(one.split("=") for one in shlex.split(command)[1:])
            return ""
        if "snap-..." in command:
            command = command.replace("snap-...", self.snapshot())
        python, *arguments = shlex.split(command)
        assert python == ".venv/bin/python", command
        if "bakeami" in arguments:  # the emulator publishes no Debian
            arguments += ["--base-image", BASE_IMAGE]
        if SHOWN_ALONE in arguments:
            arguments.append("--dry-run")
        answer = f"{self.environment['FACEWEB_ID']}\n" if "deprovision" in arguments else ANSWERS
        done = subprocess.run(
            [sys.executable, *arguments], cwd=PROJECT_DIRECTORY, env=self.environment, text=True,
            input=answer, capture_output=True, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def on_the_web_instance(self, words: str) -> str:
        """What `faces` said there. Before a restore, what was saved is lost."""
        web = as_role({**self.environment, **self.web_environment()}, "web")
        file = self.folder / "all.faces"
        if words.startswith("backup"):
            self.manage("migrate", **self.web_environment())
            self.aws("s3").put_object(**PERSON, Body=b"known")
        else:
            self.aws("s3").delete_object(**PERSON)
        command = [sys.executable, "-m", "faces", *shlex.split(words)[:-1], str(file)]
        done = subprocess.run(
            command, env=web, text=True, cwd=PROJECT_DIRECTORY, capture_output=True, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"
        assert self.aws("s3").get_object(**PERSON)["Body"].read() == b"known"
        return done.stdout

    def snapshot(self) -> str:
        """One of the stack's disk, as the daily policy makes."""
        ec2 = self.aws("ec2")
        (disk,) = Stack(self.aws("cloudformation"), "faces").resources("AWS::EC2::Volume")
        return str(ec2.create_snapshot(VolumeId=disk)["SnapshotId"])

    def play_builders(self, ended: threading.Event) -> None:
        done: set[str] = set()
        filters = [
            {"Name": f"tag:{BUILDER_TAG}", "Values": ["*"]},
            {"Name": "instance-state-name", "Values": ["pending", "running"]},
        ]
        while not ended.wait(0.5):
            for found in self.aws("ec2").describe_instances(Filters=filters)["Reservations"]:
                instance_id = found["Instances"][0]["InstanceId"]
                if instance_id not in done:
                    done.add(instance_id)
                    self._build(instance_id)

    def _build(self, instance_id: str) -> None:
        ec2: Any = self.aws("ec2")
        found = ec2.describe_instance_attribute(InstanceId=instance_id, Attribute="userData")
        text = base64.b64decode(found["UserData"]["Value"]).decode()
        place = re.search(r"/([\w-]+)/(reports/[^?']+\.json)\?", re.sub(r"\\?\s*\n\s*", "", text))
        assert place, text
        self.aws("s3").put_object(Bucket=place[1], Key=place[2], Body=json.dumps(REPORT).encode())
        ec2.stop_instances(InstanceIds=[instance_id])


@pytest.fixture
def guided(tmp_path: Path) -> Iterator[Guided]:
    site, ended = Guided(tmp_path), threading.Event()
    builders = threading.Thread(target=site.play_builders, args=(ended,))
    try:
        site.start_emulator()
        builders.start()
        yield site
    finally:
        ended.set()
        builders.join()
        stop_all(site.children, seconds=5)


def test_each_command_of_the_guide_does_what_it_says(guided: Guided) -> None:
    told = commands()
    said = {command: guided.follow(command) for command in told}

    assert [one for one in told if "bakeami" in one and "--web" in one]
    for command, words in said.items():
        print(f"$ {command}\n{words}")
    assert "and the stack." in said[told[-1]]
