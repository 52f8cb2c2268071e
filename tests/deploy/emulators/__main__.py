"""`python -m tests.deploy.emulators FOLDER`: the way of the guide, each size, on two emulators.

MiniStack is run from FOLDER/bin. It shares no code with moto, which our emulator is made of: its
own S3, SQS, EC2, RDS, ELB and CloudFormation. What MiniStack does not know:

- It makes no volume, address or snapshot policy in a stack. So size small has no web instance.
- It keeps an instance's user data to itself, and makes no image of one. So nothing is baked.
- It takes no image from a launch template. So the instance that is replaced is launched by hand.
- Its Auto Scaling group of a stack launches nothing.

The web tier runs here, behind Caddy: on PostgreSQL where the size has it, by HTTPS under the name
that the stack was given.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from localcloud.system.processes import Child, stop_all
from tests.deploy.instance.metadata_server import metadata_server
from tests.deploy.site import Site, answers, as_options
from tests.support.postgresql import PostgresqlServer
from tests.system.running import wait_for
from tests.system.test_as_on_aws import launched_by_hand, used_and_removed

SIZES = ("small", "standard", "private")
IMAGE, NEWER_IMAGE = "ami-0c2023a1b2c3d4e5f", "ami-0abcdef1234567890"


class Told(Site):
    """A site that prints what each command said. Its AWS is moto."""

    emulator = "moto"

    def manage(self, *arguments: str, **more: str) -> str:
        said = super().manage(*arguments, **more)
        if arguments[0] not in ("migrate", "shell"):
            print(f"$ manage.py {' '.join(arguments)}\n{said}", flush=True)
        return said

    def made_of(self) -> str:
        """What there is of what only some sizes have."""
        groups = self.aws("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
        databases = self.aws("rds").describe_db_instances()["DBInstances"]
        balancers = self.aws("elbv2").describe_load_balancers()["LoadBalancers"]
        endpoints = self.aws("ec2").describe_vpc_endpoints()["VpcEndpoints"]
        wanted = [group["DesiredCapacity"] for group in groups]
        kept = [(one["StorageEncrypted"], one["DeletionProtection"]) for one in databases]
        return (
            f"web instances wanted {wanted}, databases (encrypted, protected) {kept}, "
            f"balancers {[one['Scheme'] for one in balancers]}, endpoints {len(endpoints)}"
        )


class OtherSite(Told):
    """A site whose AWS is MiniStack."""

    emulator = "MiniStack"
    command = ("-m", "tests.deploy.emulators.manage")
    newer_image = NEWER_IMAGE
    program = Path()

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

    def make(self, size: str) -> str:
        web = {"WebImageId": IMAGE} if size != "small" else {"WebInstanceType": ""}
        chosen = {**self.network(), **self.parameters(size), "AppImageId": IMAGE, **web}
        self.manage("provision", "--yes", *as_options(chosen))
        launched_by_hand(self, IMAGE)  # of an older image than the scaler's
        return ""

    def network(self) -> dict[str, str]:
        """MiniStack can't say which zones offer an instance type, so the network is named."""
        subnets = self.aws("ec2").describe_subnets()["Subnets"][:2]
        names = ",".join(one["SubnetId"] for one in subnets)
        return {"VpcId": subnets[0]["VpcId"], "SubnetIds": names}


@contextmanager
def database_of(size: str) -> Iterator[dict[str, str]]:
    """The settings of a size's database."""
    if size == "small":
        yield {}
        return
    server = PostgresqlServer()
    try:
        yield {"DATABASE_URL": server.start()}
    finally:
        server.stop()


def there_and_back(kind: type[Told], size: str) -> None:
    """Made, used, renewed and removed. Raises AssertionError."""
    began = time.monotonic()
    print(f"=== {kind.emulator}, size {size}", flush=True)
    with (
        tempfile.TemporaryDirectory() as folder, metadata_server() as metadata,
        database_of(size) as database,
    ):  # fmt: skip
        site = kind(Path(folder))
        site.database = database
        try:
            site.start_emulator()
            image = site.make(size)
            print(site.made_of(), flush=True)
            print(used_and_removed(site, metadata, image))
        except BaseException:
            for child in site.children:
                print(f"--- {child.name}\n{child.last_lines(30)}")
            raise
        finally:
            stop_all(site.children, seconds=5)
    print(f"=== There and back in {time.monotonic() - began:.0f} s.", flush=True)


if __name__ == "__main__":
    OtherSite.program = Path(sys.argv[1]) / "bin" / "ministack"
    for kind in (OtherSite, Told):
        for size in SIZES:
            there_and_back(kind, size)
