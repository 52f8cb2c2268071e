"""Which app instances are of an older image, and which of them leave now. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from foundation.fleet import lifecycle

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import InstanceTypeDef


def outdated(instances: Sequence[InstanceTypeDef], image: str) -> list[InstanceTypeDef]:
    """Instances that are not of this image, oldest first."""
    old = [instance for instance in instances if instance["ImageId"] != image]
    return sorted(old, key=lambda instance: (instance["LaunchTime"], instance["InstanceId"]))


def to_drain(old: Sequence[InstanceTypeDef], at_once: int) -> list[str]:
    """Ids of the next ones to ask, so that no more than a number are leaving at a time."""
    leaving = [one for one in old if _wanted(one) == lifecycle.DRAIN]
    staying = [one["InstanceId"] for one in old if _wanted(one) != lifecycle.DRAIN]
    return staying[: max(at_once - len(leaving), 0)]


def _wanted(instance: InstanceTypeDef) -> str | None:
    return lifecycle.tags_of(instance).get(lifecycle.WANTED_TAG)
