"""What an app instance and the scaler tell each other: two tags, each written by one side only.

The scaler writes WANTED. The instance watches it. On `drain` it stops taking messages and finishes
what it holds: SIGTERM to its Celery worker does both. Then it writes STATE `ended`, and only then
is it terminated. So nobody has to ask "are you busy?" and act on an answer that is stale.
"""

from collections.abc import Iterable, Sequence
from email.utils import parsedate_to_datetime

from foundation import aws
from foundation.aws.typed import DescribeInstancesResultTypeDef, EC2Client, InstanceTypeDef

FLEET_TAG = "faceweb:fleet"
"""Whose app instance it is: the system's FACEWEB_ID. An instance without it is not ours."""

WANTED_TAG = "faceweb:wanted"
SERVE = "serve"
DRAIN = "drain"

STATE_TAG = "faceweb:state"
BOOTING = "booting"
READY = "ready"
ENDED = "ended"

NAME_TAG = "Name"
NAME_PREFIX = "app-tier-instance-"
LIVING_STATES = ("pending", "running", "stopping", "stopped")


def tags_of(instance: InstanceTypeDef) -> dict[str, str]:
    """An instance's tags, as DescribeInstances gives them, as a dict."""
    return {tag["Key"]: tag["Value"] for tag in instance.get("Tags", [])}


def describe_fleet(ec2: EC2Client, fleet: str, states: Sequence[str]) -> list[InstanceTypeDef]:
    """All app instances of a system in these EC2 states, over all pages.

    Raises botocore's errors.
    """
    return instances_of(fleet_pages(ec2, fleet, states))


def fleet_pages(
    ec2: EC2Client, fleet: str, states: Sequence[str]
) -> list[DescribeInstancesResultTypeDef]:
    """The answers of DescribeInstances for a system. Raises botocore's errors."""
    wanted = aws.filters({f"tag:{FLEET_TAG}": [fleet], "instance-state-name": states})
    paginator = ec2.get_paginator("describe_instances")
    return list(paginator.paginate(Filters=wanted, PaginationConfig={"PageSize": 500}))


def server_time(pages: Sequence[DescribeInstancesResultTypeDef]) -> float | None:
    """EC2's own clock when it answered, as epoch seconds, where the answer tells it."""
    headers = pages[0].get("ResponseMetadata", {}).get("HTTPHeaders", {}) if pages else {}
    try:
        return parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError, TypeError):
        return None


def instances_of(pages: Iterable[DescribeInstancesResultTypeDef]) -> list[InstanceTypeDef]:
    """The instances in answers of DescribeInstances."""
    return [
        instance
        for page in pages
        for reservation in page["Reservations"]
        for instance in reservation["Instances"]
    ]


def say_wanted(ec2: EC2Client, instance_ids: Sequence[str], wanted: str) -> None:
    """The scaler's side."""
    ec2.create_tags(Resources=list(instance_ids), Tags=[{"Key": WANTED_TAG, "Value": wanted}])


def say_state(ec2: EC2Client, instance_id: str, state: str) -> None:
    """The instance's side."""
    ec2.create_tags(Resources=[instance_id], Tags=[{"Key": STATE_TAG, "Value": state}])
