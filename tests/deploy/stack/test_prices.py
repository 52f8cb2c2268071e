"""What the stack costs, in words and numbers that add up."""

from __future__ import annotations

import pytest

from deploy.stack import prices
from deploy.stack.template import Template

PLACE = {"VpcId": "vpc-1", "SubnetIds": "subnet-1"}


def costs(**given: str) -> prices.Estimate:
    return prices.estimate(Template.ours().values({**PLACE, **given}))


def test_every_instance_of_the_fleet_costs_the_same() -> None:
    ten, twenty = costs(FleetMaximum="10"), costs(FleetMaximum="20")

    each = prices.INSTANCE_HOUR["c7i.large"]
    assert twenty.busy - twenty.idle == pytest.approx(2 * (ten.busy - ten.idle))
    assert each < (ten.busy - ten.idle) / 10 < 1.2 * each


def test_a_web_instance_is_paid_for_while_nothing_happens() -> None:
    more = costs(WebImageId="ami-1").idle - costs().idle

    assert prices.INSTANCE_HOUR["t3.small"] < more < 2 * prices.INSTANCE_HOUR["t3.small"]


def test_spot_is_cheaper_and_the_first_type_counts() -> None:
    assert costs(SpotInstances="yes").busy < costs().busy
    assert costs(AppInstanceTypes="c7g.large, c7i.xlarge").busy < costs().busy


def test_an_unknown_type_and_another_region_are_said() -> None:
    said = prices.in_words(costs(AppInstanceType="x9.huge"), "eu-central-1")

    assert "Without x9.huge" in said
    assert "prices of us-east-1; eu-central-1 has others" in said
