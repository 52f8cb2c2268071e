"""A fleet whose EC2 is a script of answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.stub import ANY, Stubber

from foundation.fleet import lifecycle
from scaler.instances.ec2 import EC2Fleet
from scaler.instances.launching import LaunchPlan, Place

PLAN = LaunchPlan(
    fleet="faces",
    ami_id="ami-1",
    places=(Place(instance_type="c6i.large"), Place(instance_type="c6a.large")),
)
NOW = datetime(2026, 11, 25, tzinfo=UTC).timestamp()


@dataclass
class Clock:
    now: float = NOW

    def __call__(self) -> float:
        return self.now


@dataclass
class Stubbed:
    """A fleet whose EC2 is a script of answers."""

    client: Any = field(
        default_factory=lambda: boto3.client(
            "ec2", region_name="us-east-1", endpoint_url="http://127.0.0.1:9"
        )
    )
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.ec2 = Stubber(self.client)
        tokens = iter(f"token{n}" for n in range(100))
        self.fleet = EC2Fleet(self.client, "faces", PLAN, self.clock, lambda: next(tokens))

    def launches(
        self, name: str, number: int, instance_type: str = "c6i.large", spot: bool = False
    ) -> None:
        """The next call launches an instance of this name and number."""
        expected = {**_arguments(number), "InstanceType": instance_type}
        if spot:
            expected["InstanceMarketOptions"] = {"MarketType": "spot"}
        self.ec2.add_response("run_instances", {"Instances": [{"InstanceId": name}]}, expected)

    def refuses(self, code: str, call: str = "run_instances") -> None:
        self.ec2.add_client_error(call, code)

    def shows(self, *instances: dict[str, Any]) -> None:
        self.ec2.add_response(
            "describe_instances", {"Reservations": [{"Instances": list(instances)}]}
        )


def _arguments(number: int) -> dict[str, Any]:
    return {
        "MinCount": 1, "MaxCount": 1, "ClientToken": ANY, "UserData": ANY, "ImageId": "ami-1",
        "InstanceInitiatedShutdownBehavior": "terminate",
        "MetadataOptions": {
            "HttpTokens": "required",
            "HttpEndpoint": "enabled",
            "InstanceMetadataTags": "enabled",
        },
        "TagSpecifications": [{"ResourceType": "instance", "Tags": [
            {"Key": "Name", "Value": f"app-tier-instance-{number}"},
            {"Key": lifecycle.FLEET_TAG, "Value": "faces"},
            {"Key": lifecycle.WANTED_TAG, "Value": lifecycle.SERVE},
            {"Key": lifecycle.STATE_TAG, "Value": lifecycle.BOOTING},
        ]}],
    }  # fmt: skip


def described(name: str, number: int = 1, state: str = "running", **tags: str) -> dict[str, Any]:
    all_tags = {"Name": f"app-tier-instance-{number}", **tags}
    return {
        "InstanceId": name,
        "State": {"Name": state},
        "LaunchTime": datetime.fromtimestamp(NOW - 100, UTC),
        "Tags": [{"Key": key, "Value": value} for key, value in all_tags.items()],
    }
