"""The fleet is renewed a few at a time."""

from __future__ import annotations

from typing import Any

from deploy.management.commands.replaceinstances import outdated, to_drain
from foundation.fleet.lifecycle import DRAIN, SERVE, WANTED_TAG


def instance(name: str, image: str = "old", launched: int = 0, wanted: str = SERVE) -> Any:
    tags = [{"Key": WANTED_TAG, "Value": wanted}]
    return {"InstanceId": name, "ImageId": image, "LaunchTime": launched, "Tags": tags}


def test_only_older_images_are_outdated_and_the_oldest_goes_first() -> None:
    fleet = [instance("b", launched=2), instance("new", "new"), instance("a", launched=1)]

    assert [one["InstanceId"] for one in outdated(fleet, "new")] == ["a", "b"]


def test_no_more_leave_at_once_than_may() -> None:
    old = [instance("a", wanted=DRAIN), instance("b"), instance("c"), instance("d")]

    assert to_drain(old, 1) == []
    assert to_drain(old, 3) == ["b", "c"]
    assert to_drain(old[1:], 9) == ["b", "c", "d"]
