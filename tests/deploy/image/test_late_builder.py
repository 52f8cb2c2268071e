"""A builder and its image, of which EC2 tells late or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import pytest
from botocore.stub import ANY, Stubber

from deploy.image.builder import BakeFailed, Bakery, BuilderPlan
from tests.support.stubbed import stubbed

PLAN = BuilderPlan(
    system="faces", base_image="ami-0", instance_type="c5.large", security_group="sg-1",
    subnet="subnet-1", user_data="#cloud-config\n",
)  # fmt: skip


@pytest.fixture
def ec2() -> Iterator[Stubber]:
    with stubbed("ec2") as stubber:
        yield stubber


@pytest.fixture
def bakery(ec2: Stubber) -> Bakery:
    return Bakery(ec2.client, None, "faces", lambda words: None, lambda seconds: None, lambda: 0)


def image_is(ec2: Stubber, state: str, *snapshots: str) -> None:
    disks = [{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": one}} for one in snapshots]
    answer = {"Images": [{"ImageId": "ami-1", "State": state, "BlockDeviceMappings": disks}]}
    ec2.add_response("describe_images", answer, {"ImageIds": ["ami-1"]})


def test_a_builder_that_ec2_does_not_know_yet_is_removed_all_the_same(
    ec2: Stubber, bakery: Bakery
) -> None:
    """Ctrl-C may come in its first second, and it would run on, and cost."""
    ec2.add_response("run_instances", {"Instances": [{"InstanceId": "i-1"}]})
    for code in ("InvalidInstanceID.NotFound", "RequestLimitExceeded"):
        ec2.add_client_error("terminate_instances", code)
    ec2.add_response("terminate_instances", {}, {"InstanceIds": ["i-1"]})

    with pytest.raises(KeyboardInterrupt), bakery.builder(PLAN):
        raise KeyboardInterrupt


def test_a_builder_that_ec2_does_not_tell_of_yet_is_waited_for() -> None:
    with stubbed("ec2") as ec2, stubbed("s3") as s3:
        bakery = Bakery(ec2.client, s3.client, "faces", lambda words: None, lambda seconds: None)
        for code in ("SlowDown", "NoSuchKey"):
            s3.add_client_error("get_object", code)
        for code in ("InvalidInstanceID.NotFound", *["RequestLimitExceeded"] * 39):
            ec2.add_client_error("describe_instances", code)
        running = [{"InstanceId": "i-1", "State": {"Name": "running"}}]
        ec2.add_response("describe_instances", {"Reservations": [{"Instances": running}]})
        s3.add_response("get_object", {"Body": BytesIO(b'{"ok": true}')})

        assert bakery.verdict("i-1", "bucket", "reports/1.json", 60) == {"ok": True}


def test_an_image_whose_snapshot_comes_late_is_waited_for_and_both_are_tagged(
    ec2: Stubber, bakery: Bakery
) -> None:
    ec2.add_response("create_image", {"ImageId": "ami-1"})
    ec2.add_client_error("describe_images", "InvalidAMIID.NotFound")
    ec2.add_response("describe_images", {"Images": []}, {"ImageIds": ["ami-1"]})
    image_is(ec2, "pending")
    image_is(ec2, "available", "snap-1")
    ec2.add_response("create_tags", {}, {"Resources": ["ami-1", "snap-1"], "Tags": ANY})

    assert bakery.keep("i-1", "faces-1", "v1", 600) == "ami-1"


def test_a_builder_that_never_stops_is_given_up(ec2: Stubber) -> None:
    moments = iter(range(0, 1000, 10))
    bakery = Bakery(
        ec2.client, None, "faces", lambda words: None, lambda seconds: None, lambda: next(moments)
    )
    stopping = [{"InstanceId": "i-1", "State": {"Name": "stopping"}}]
    answer = {"Reservations": [{"Instances": stopping}]}
    for _ in range(2):
        ec2.add_response("describe_instances", answer)
    ec2.add_response("stop_instances", {}, {"InstanceIds": ["i-1"]})
    for _ in range(2):
        ec2.add_response("describe_instances", answer)

    with pytest.raises(BakeFailed, match="i-1 does not stop: it is stopping"):
        bakery.stop("i-1", 15)


def test_an_image_that_fails_is_told(ec2: Stubber, bakery: Bakery) -> None:
    ec2.add_response("create_image", {"ImageId": "ami-1"})
    image_is(ec2, "pending")
    image_is(ec2, "failed")

    with pytest.raises(BakeFailed, match="ami-1 is failed"):
        bakery.keep("i-1", "faces-1", "v1", 600)
