"""The fleet on EC2: what is seen of it, and who is ended."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError

from foundation.fleet import lifecycle
from scaler.deciding.values import Phase
from scaler.instances.ec2 import EC2Fleet, phase_of
from scaler.instances.fleet import Unseen
from tests.scaler.instances.scripted_ec2 import NOW, PLAN, Clock, Stubbed, described


def test_instances_are_named_by_the_lowest_free_number(stubbed: Stubbed) -> None:
    stubbed.shows(described("i-a", 1), described("i-c", 3))
    stubbed.launches("i-b", 2)
    stubbed.launches("i-d", 4)

    stubbed.fleet.describe()

    assert stubbed.fleet.launch(2) == ["i-b", "i-d"]


def launched_one(stubbed: Stubbed) -> None:
    stubbed.launches("i-new", 1)
    stubbed.fleet.launch(1)


def counted(stubbed: Stubbed) -> list[str]:
    stubbed.shows()
    return [one.id for one in stubbed.fleet.describe()]


def test_an_instance_that_ec2_does_not_show_yet_is_counted(stubbed: Stubbed) -> None:
    launched_one(stubbed)

    assert counted(stubbed) == ["i-new"]


@pytest.mark.parametrize(
    ("age", "answer", "is_counted"),
    [
        (61, "InvalidInstanceID.NotFound", True),  # EC2 may not know it yet
        (121, "InvalidInstanceID.NotFound", False),
        (121, "RequestLimitExceeded", True),
        (121, "running", True),
        (121, "terminated", False),
    ],
)
def test_an_instance_that_is_not_listed_is_asked_for_by_id_before_it_is_forgotten(
    stubbed: Stubbed, age: float, answer: str, is_counted: bool
) -> None:
    """60 instances ran at a maximum of 20: each was forgotten after a minute."""
    launched_one(stubbed)
    stubbed.clock.now += age
    stubbed.shows()
    if answer[0].isupper():
        stubbed.refuses(answer, "describe_instances")
    else:
        stubbed.shows(described("i-new", state=answer))

    assert bool(stubbed.fleet.describe()) == is_counted


def test_ec2_is_asked_by_id_once_a_minute(stubbed: Stubbed) -> None:
    launched_one(stubbed)
    stubbed.clock.now += 61
    stubbed.shows()
    stubbed.shows(described("i-new"))
    assert len(stubbed.fleet.describe()) == 1
    stubbed.clock.now += 10

    assert counted(stubbed) == ["i-new"]


@pytest.mark.parametrize("ahead", [-3600, 0, 3600])
def test_a_wrong_clock_makes_no_instance_older(stubbed: Stubbed, ahead: float) -> None:
    """By the scaler's own clock each was launched 100 seconds ago, as EC2 sees it."""
    stubbed.clock.now = NOW - ahead
    date = format_datetime(datetime.fromtimestamp(NOW, UTC), usegmt=True)
    answer = {
        "Reservations": [{"Instances": [described("i-a")]}],
        "ResponseMetadata": {"HTTPHeaders": {"date": date}},
    }
    stubbed.ec2.add_response("describe_instances", answer)

    (one,) = stubbed.fleet.describe()
    assert stubbed.clock.now - one.launched_at == pytest.approx(100)


@pytest.mark.parametrize("code", ["RequestLimitExceeded", "InternalError"])
def test_a_fleet_that_cant_be_seen_is_unseen_not_empty(stubbed: Stubbed, code: str) -> None:
    stubbed.refuses(code, "describe_instances")

    with pytest.raises(Unseen, match=code):
        stubbed.fleet.describe()


def test_an_unreachable_ec2_is_unseen_too() -> None:
    class Away:
        def get_paginator(self, name: str) -> Any:
            raise ConnectTimeoutError(endpoint_url="http://ec2")

    with pytest.raises(Unseen):
        EC2Fleet(Away(), "faces", PLAN, Clock()).describe()


def test_all_pages_are_read(stubbed: Stubbed) -> None:
    stubbed.ec2.add_response(
        "describe_instances",
        {"Reservations": [{"Instances": [described("i-a", 1)]}], "NextToken": "more"},
    )
    stubbed.shows(described("i-b", 2))

    assert [one.id for one in stubbed.fleet.describe()] == ["i-a", "i-b"]


def test_one_instance_that_is_gone_does_not_keep_the_others(stubbed: Stubbed) -> None:
    gone = "InvalidInstanceID.NotFound"
    stubbed.refuses(gone, "terminate_instances")
    stubbed.refuses(gone, "terminate_instances")
    stubbed.ec2.add_response("terminate_instances", {}, {"InstanceIds": ["i-b"]})

    stubbed.fleet.terminate(["i-a", "i-b"])


def test_one_protected_instance_does_not_keep_the_others_running(stubbed: Stubbed) -> None:
    stubbed.refuses("OperationNotPermitted", "terminate_instances")
    stubbed.ec2.add_response("terminate_instances", {}, {"InstanceIds": ["i-a"]})
    stubbed.refuses("OperationNotPermitted", "terminate_instances")

    stubbed.fleet.terminate(["i-a", "i-b"])


def test_a_spot_interruption_is_named(stubbed: Stubbed) -> None:
    stubbed.ec2.add_response(
        "describe_instances",
        {"Reservations": [{"Instances": [
            {"InstanceId": "i-a", "StateReason": {"Code": "Server.SpotInstanceTermination"}}]}]},
    )  # fmt: skip
    stubbed.refuses("InvalidInstanceID.NotFound", "describe_instances")

    assert stubbed.fleet.why_gone(["i-a", "i-b"]) == {
        "i-a": "Server.SpotInstanceTermination",
        "i-b": "unknown (ClientError)",
    }


@pytest.mark.parametrize(
    ("state", "tags", "phase"),
    [
        ("pending", {}, Phase.BOOTING),
        ("running", {}, Phase.BOOTING),
        ("running", {lifecycle.STATE_TAG: lifecycle.READY}, Phase.READY),
        ("pending", {lifecycle.STATE_TAG: lifecycle.READY}, Phase.BOOTING),
        (
            "running",
            {lifecycle.STATE_TAG: lifecycle.READY, lifecycle.WANTED_TAG: lifecycle.DRAIN},
            Phase.DRAINING,
        ),
        (
            "running",
            {lifecycle.STATE_TAG: lifecycle.ENDED, lifecycle.WANTED_TAG: lifecycle.DRAIN},
            Phase.ENDED,
        ),
        ("stopped", {lifecycle.STATE_TAG: lifecycle.READY}, Phase.ENDED),
    ],
)
def test_phases(state: str, tags: dict[str, str], phase: Phase) -> None:
    assert phase_of(state, tags) is phase
