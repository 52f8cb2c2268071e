"""What is looked at before a stack is made: usable subnets, the role of spot instances."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.stack.preflight import (
    SPOT,
    NotReady,
    check_spot_role,
    has_nat,
    network,
)
from foundation import aws
from foundation.config import Settings

MAIN_TO_INTERNET = {
    "Associations": [{"Main": True}],
    "Routes": [{"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"}],
}
PRIVATE = {
    "Associations": [{"Main": False, "SubnetId": "subnet-1"}],
    "Routes": [
        {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local"},
        {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1"},
    ],
}


@pytest.mark.parametrize(
    ("subnet", "tables", "expected"),
    [
        ("subnet-1", [MAIN_TO_INTERNET, PRIVATE], True),
        ("subnet-2", [MAIN_TO_INTERNET, PRIVATE], False),  # the main table is its own
        ("subnet-2", [PRIVATE | {"Associations": [{"Main": True}]}], True),
        ("subnet-2", [], False),
    ],
)
def test_a_subnet_has_a_nat_by_its_own_table_or_the_main_one(
    subnet: str, tables: list[Any], expected: bool
) -> None:
    assert has_nat(subnet, tables) is expected


def test_only_subnets_that_instances_can_work_in_are_taken(cloud_settings: Settings) -> None:
    ec2 = aws.client("ec2", cloud_settings)
    before = network(cloud_settings, "c7i.large")["SubnetIds"].split(",")
    ec2.modify_subnet_attribute(SubnetId=before[0], MapPublicIpOnLaunch={"Value": False})

    after = network(cloud_settings, "c7i.large")["SubnetIds"].split(",")

    assert set(after) == set(before) - {before[0]}


def test_a_type_that_no_zone_offers_is_said(cloud_settings: Settings) -> None:
    with pytest.raises(NotReady, match=r"none is in a zone that offers x9\.huge"):
        network(cloud_settings, "x9.huge")


def test_spot_instances_need_their_role(cloud_settings: Settings) -> None:
    check_spot_role({"SpotInstances": "no"}, cloud_settings)
    with pytest.raises(NotReady, match="create-service-linked-role"):
        check_spot_role({"SpotInstances": "yes"}, cloud_settings)

    aws.client("iam", cloud_settings).create_service_linked_role(AWSServiceName=SPOT)

    check_spot_role({"SpotInstances": "yes"}, cloud_settings)
