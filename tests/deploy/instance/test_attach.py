"""A web instance takes the data volume and the address from a lost one, and from no live one."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy.instance.attach import holder_of, take_address, take_volume, until_done
from foundation import aws
from foundation.config import PROJECT_DIRECTORY, Settings
from localcloud.system.environment import as_role
from localcloud.system.processes import Child, stop_all
from tests.deploy.instance.metadata_server import metadata_server
from tests.support.stubbed import stubbed
from tests.system.running import wait_for

AN_IMAGE = "ami-12c6146b"


def web_instance(ec2: Any) -> str:
    made = ec2.run_instances(ImageId=AN_IMAGE, MinCount=1, MaxCount=1)
    return str(made["Instances"][0]["InstanceId"])


@pytest.fixture
def ec2(cloud_settings: Settings) -> Any:
    return aws.client("ec2", cloud_settings)


@pytest.fixture
def volume(ec2: Any) -> str:
    return str(ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"])


def described(ec2: Any, volume: str) -> Any:
    return ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]


def test_the_successor_of_a_lost_instance_has_its_volume_and_address(
    ec2: Any, volume: str, cloud_settings: Settings, tmp_path: Path
) -> None:
    lost, successor = web_instance(ec2), web_instance(ec2)
    ec2.attach_volume(VolumeId=volume, InstanceId=lost, Device="/dev/sdf")
    address = ec2.allocate_address(Domain="vpc")
    ec2.associate_address(AllocationId=address["AllocationId"], InstanceId=lost)
    with metadata_server() as metadata:
        metadata.texts["instance-id"] = successor
        environment = {
            **as_role(dict(os.environ), "web"),
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_ENDPOINT_URL": str(cloud_settings.aws_endpoint_url),
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata.url,
            "DATA_VOLUME": volume,
            "ADDRESS": address["AllocationId"],
            "VAR_DIR": str(tmp_path),
            "PYTHONPATH": str(PROJECT_DIRECTORY),
        }
        command = [sys.executable, "-m", "deploy.instance.attach"]
        child = Child("attach", command, environment, tmp_path / "attach.log")
        child.start()
        try:
            wait_for(lambda: "volume_in_use" in child.last_lines(50), 60, "the wait for the volume")
            assert holder_of(described(ec2, volume)) == lost

            ec2.detach_volume(VolumeId=volume, InstanceId=lost)  # as EC2 does when it is gone
            wait_for(child.has_ended, 60, "the attachment")
        finally:
            stop_all([child], seconds=5)

    assert child.poll() == 0
    assert holder_of(described(ec2, volume)) == successor
    (found,) = ec2.describe_addresses(AllocationIds=[address["AllocationId"]])["Addresses"]
    assert found["InstanceId"] == successor


def test_a_volume_that_is_just_being_let_go_is_waited_for() -> None:
    class Leaving:
        def describe_volumes(self, VolumeIds: list[str]) -> Any:
            left = {"State": "detaching", "InstanceId": "i-other"}
            return {"Volumes": [{"State": "in-use", "Attachments": [left]}]}

    assert take_volume(Leaving(), "vol-1", "i-1") is False  # and nothing else was called


def test_a_volume_and_an_address_that_ec2_refuses_for_now_are_asked_for_again() -> None:
    """Its own instance is still pending for EC2, or the lost one has not let go yet."""
    waits, free = [], {"State": "available", "Attachments": []}
    ours = {"State": "in-use", "Attachments": [{"InstanceId": "i-1", "State": "attached"}]}
    with stubbed("ec2") as ec2:
        ec2.add_client_error("associate_address", "InvalidInstanceID")
        ec2.add_response("associate_address", {})
        ec2.add_client_error("describe_volumes", "InvalidVolume.NotFound")
        for code in ("IncorrectState", "VolumeInUse"):
            ec2.add_response("describe_volumes", {"Volumes": [free]}, {"VolumeIds": ["vol-1"]})
            ec2.add_client_error("attach_volume", code)
        ec2.add_response("describe_volumes", {"Volumes": [free]})
        asked = {"VolumeId": "vol-1", "InstanceId": "i-1", "Device": "/dev/sdf"}
        ec2.add_response("attach_volume", {}, asked)
        ec2.add_response("describe_volumes", {"Volumes": [ours]})

        until_done(lambda: take_address(ec2.client, "eipalloc-1", "i-1"), waits.append)
        until_done(lambda: take_volume(ec2.client, "vol-1", "i-1"), waits.append)

    assert len(waits) == 5
