"""The builder instance and the image that is made of it: every call to AWS, and the waiting."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Required, TypedDict, cast

from botocore.exceptions import ClientError

from deploy.stack.emptying import BUILDER_TAG, SYSTEM_TAG, delete_image, snapshots_of
from deploy.stack.late import settled
from foundation import aws
from foundation.aws import error_code
from foundation.aws.typed import EC2Client, ImageTypeDef, InstanceTypeType, S3Client, TagTypeDef
from foundation.aws.whole_objects import MISSING

VERSION_TAG = "faceweb:version"
ROOT_DEVICE = "/dev/xvda"
"""The root device of Debian's images; deploy/template/machines.yaml has the same."""
DISK_GB = 16
"""Room for torch beside what stays. No instance of the image can have a smaller disk."""

Report = Callable[[str], None]
"""Told again and again, in a few words, what is waited for."""


class BakeFailed(Exception):
    """No image was made; the text says why, and what the builder's log ends with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuilderPlan:
    """The parameters of the builder's launch."""

    system: str
    base_image: str
    instance_type: str
    security_group: str
    subnet: str
    user_data: str
    profile: str = ""


class BuilderReport(TypedDict, total=False):
    """What a builder says at its end: deploy/image/verify.py, or what failed."""

    ok: Required[bool]
    error: str | None
    log: list[str]
    version: str
    image: str
    model: str
    faces: int
    probability: float
    ready_seconds: float
    picture_seconds: float
    machine: str
    python: str
    packages: dict[str, str]
    torch_loaded: bool


class Bakery:
    """Builders and images of one system. Methods raise botocore's errors and BakeFailed."""

    def __init__(
        self,
        ec2: EC2Client,
        s3: S3Client,
        system: str,
        report: Report,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        look_seconds: float = 5.0,
    ) -> None:
        self._ec2, self._s3, self._system, self._report = ec2, s3, system, report
        self._sleep, self._clock, self._look_seconds = sleep, clock, look_seconds

    @contextmanager
    def builder(self, plan: BuilderPlan) -> Iterator[str]:
        """A builder's id; whatever happens within, and if it is Ctrl-C, it is removed after."""
        instance_id = self._launch(plan)
        try:
            yield instance_id
        finally:
            ids = [instance_id]  # which EC2 may not know in its first moments
            settled(lambda: self._ec2.terminate_instances(InstanceIds=ids), late=".NotFound")
            self._report("Removing the builder")

    def _launch(self, plan: BuilderPlan) -> str:
        tags = {"Name": f"{plan.system}-builder", BUILDER_TAG: plan.system}
        launched = self._ec2.run_instances(
            MinCount=1,
            MaxCount=1,
            ImageId=plan.base_image,
            InstanceType=cast("InstanceTypeType", plan.instance_type),
            SecurityGroupIds=[plan.security_group],
            SubnetId=plan.subnet,
            UserData=plan.user_data,
            InstanceInitiatedShutdownBehavior="stop",
            IamInstanceProfile={"Name": plan.profile} if plan.profile else {},
            MetadataOptions={"HttpTokens": "required", "HttpEndpoint": "enabled"},
            BlockDeviceMappings=[
                {
                    "DeviceName": ROOT_DEVICE,
                    "Ebs": {"VolumeSize": DISK_GB, "VolumeType": "gp3", "Encrypted": True},
                }
            ],
            TagSpecifications=[{"ResourceType": "instance", "Tags": _tags(tags)}],
        )
        return str(launched["Instances"][0]["InstanceId"])

    def verdict(self, instance_id: str, bucket: str, key: str, seconds: float) -> BuilderReport:
        """The builder's report, once it is there. Raises BakeFailed for a bad one, or for none."""
        deadline = self._clock() + seconds
        while self._clock() < deadline:
            if found := self._report_at(bucket, key):
                if not found["ok"]:
                    raise BakeFailed(_failure(found))
                return found
            state = self._state(instance_id)
            if state not in ("pending", "running", "stopping"):
                # It may have sent its report just before it stopped.
                if not self._report_at(bucket, key):
                    raise BakeFailed(f"The builder {instance_id} is {state} and sent no report.")
                continue
            self._report(f"Building on {instance_id}")
            self._sleep(self._look_seconds)
        raise BakeFailed(f"The builder {instance_id} sent no report within {seconds / 60:.0f} min.")

    def _report_at(self, bucket: str, key: str) -> BuilderReport | None:
        try:
            body = settled(lambda: self._s3.get_object(Bucket=bucket, Key=key))["Body"].read()
        except ClientError as error:
            if error_code(error) in MISSING:
                return None
            raise
        try:
            found: BuilderReport = json.loads(body)
            return {**found, "ok": bool(found["ok"])}
        except (ValueError, KeyError, TypeError):
            raise BakeFailed(f"The builder's report can't be read: {body[:200]!r}") from None

    def _state(self, instance_id: str) -> str:
        look = partial(self._ec2.describe_instances, InstanceIds=[instance_id])
        found = settled(look, late=".NotFound")["Reservations"]
        return str(found[0]["Instances"][0]["State"]["Name"]) if found else "pending"

    def _image(self, image_id: str) -> ImageTypeDef:
        look = partial(self._ec2.describe_images, ImageIds=[image_id])
        found = settled(look, late=".NotFound")["Images"]
        return found[0] if found else {"State": "pending"}

    def stop(self, instance_id: str, seconds: float) -> None:
        """Wait for the builder's own end, so that its disk is at rest. Raises BakeFailed."""
        deadline, is_stopping = self._clock() + seconds, False
        while (state := self._state(instance_id)) != "stopped":
            if state == "terminated":
                raise BakeFailed(f"The builder {instance_id} was terminated before it was kept.")
            if self._clock() > deadline:
                if is_stopping:
                    raise BakeFailed(f"The builder {instance_id} does not stop: it is {state}.")
                self._ec2.stop_instances(InstanceIds=[instance_id])
                deadline, is_stopping = self._clock() + seconds, True
            self._report(f"Waiting for {instance_id} to stop ({state})")
            self._sleep(self._look_seconds)

    def keep(self, instance_id: str, name: str, version: str, seconds: float) -> str:
        """Make an image of the stopped builder, and wait until it can be used. Returns its id."""
        tags = _tags({SYSTEM_TAG: self._system, VERSION_TAG: version, "Name": name})
        image = str(
            self._ec2.create_image(
                InstanceId=instance_id,
                Name=name,
                Description=f"Elastic face recognition {version}",
                TagSpecifications=[{"ResourceType": "image", "Tags": tags}],
            )["ImageId"]
        )
        deadline = self._clock() + seconds
        while (found := self._image(image))["State"] != "available":
            if found["State"] in ("failed", "error", "invalid") or self._clock() > deadline:
                raise BakeFailed(f"The image {image} is {found['State']}.")
            self._report(f"Waiting for the image {image} ({found['State']})")
            self._sleep(self._look_seconds)
        self._ec2.create_tags(Resources=[image, *snapshots_of(found)], Tags=tags)
        return image

    def prune(self, keep: int, in_use: set[str]) -> list[str]:
        """Delete all but the newest images, and none that is in use. Returns their names."""
        ours = aws.filters({f"tag:{SYSTEM_TAG}": [self._system]})
        images = self._ec2.describe_images(Owners=["self"], Filters=ours)["Images"]
        old = superfluous(images, keep, in_use)
        for image in old:
            delete_image(self._ec2, image)
        return [image["Name"] for image in old]


def superfluous(images: Sequence[ImageTypeDef], keep: int, in_use: set[str]) -> list[ImageTypeDef]:
    """All but the newest images, and none that is in use."""
    newest_first = sorted(images, key=lambda image: str(image["CreationDate"]), reverse=True)
    return [image for image in newest_first[keep:] if image["ImageId"] not in in_use]


def _tags(values: dict[str, str]) -> list[TagTypeDef]:
    return [{"Key": key, "Value": value} for key, value in values.items()]


def _failure(report: BuilderReport) -> str:
    lines = "\n".join(f"  {line}" for line in report.get("log", ()))
    return f"The builder failed: {report.get('error')}.\n{lines}".rstrip()
