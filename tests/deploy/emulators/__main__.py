"""`python -m tests.deploy.emulators FOLDER`: the way of the guide on MiniStack, from FOLDER/bin.

MiniStack shares no code with moto: its own S3, SQS, EC2 and CloudFormation. It has no volumes,
addresses and snapshot policies in a stack, so there is no web instance: the web tier runs here. It
does not tell an instance's user data, so no image is baked. It takes no image from a launch
template, so the instance that is replaced is launched by hand.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from localcloud.system.processes import Child, stop_all
from tests.deploy.instance.metadata_server import metadata_server
from tests.deploy.site import Site, answers
from tests.system.running import wait_for
from tests.system.test_as_on_aws import launched_by_hand, used_and_removed

IMAGE, NEWER_IMAGE = "ami-0c2023a1b2c3d4e5f", "ami-0abcdef1234567890"
CHOSEN = ("WebInstanceType=", f"AppImageId={IMAGE}")


class OtherSite(Site):
    """A site whose AWS is MiniStack."""

    command = ("-m", "tests.deploy.emulators.manage")
    newer_image = NEWER_IMAGE

    def __init__(self, folder: Path, program: Path) -> None:
        super().__init__(folder)
        self.program = program

    def start(self, name: str, *command: str, **more: str) -> Child:
        """MiniStack takes no image from a launch template, so the scaler names it."""
        named = {"AMI_ID": self.newer_image} if name == "scaler" else {}
        return super().start(name, *command, **more, **named)

    def start_emulator(self) -> None:
        environment = {
            **os.environ, "BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(self.emulator_port),
            "TMPDIR": str(self.folder),
        }  # fmt: skip
        log = self.folder / "emulator.log"
        child = Child("emulator", [str(self.program)], environment, log)
        child.start()
        self.children.append(child)
        wait_for(lambda: answers(self.endpoint), 60, "the emulator")

    def manage(self, *arguments: str, **more: str) -> str:
        network = self.network() if arguments[0] == "provision" else ()
        said = super().manage(arguments[0], *network, *arguments[1:], **more)
        print(f"$ manage.py {' '.join(arguments)}\n{said}", flush=True)
        return said

    def network(self) -> tuple[str, ...]:
        """MiniStack can't say which zones offer an instance type, so the network is named."""
        subnets = self.aws("ec2").describe_subnets()["Subnets"][:2]
        names = ",".join(one["SubnetId"] for one in subnets)
        chosen = (*CHOSEN, f"VpcId={subnets[0]['VpcId']}", f"SubnetIds={names}")
        return tuple(word for one in chosen for word in ("-p", one))


def main(program: Path) -> None:
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, metadata_server() as metadata:
        site = OtherSite(Path(folder), program)
        try:
            site.start_emulator()
            site.manage("provision", "--yes")
            launched_by_hand(site, IMAGE)  # of an older image than the scaler's
            print(used_and_removed(site, metadata))
        except BaseException:
            for child in site.children:
                print(f"--- {child.name}\n{child.last_lines(30)}")
            raise
        finally:
            stop_all(site.children, seconds=5)
    print(f"There and back in {time.monotonic() - began:.0f} s.")


if __name__ == "__main__":
    main(Path(sys.argv[1]) / "bin" / "ministack")
