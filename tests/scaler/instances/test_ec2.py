"""The fleet on EC2: every call, and everything that EC2 may answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import boto3
import pytest
import structlog
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from botocore.stub import ANY, Stubber

from foundation.config import Settings
from foundation.fleet import lifecycle
from scaler.deciding.values import Phase
from scaler.instances.ec2 import EC2Fleet, phase_of
from scaler.instances.fleet import Unseen
from scaler.instances.launching import (
    LaunchPlan,
    Place,
    launch_plan,
    lowest_free,
    number_of,
    user_data,
)
from tests.support.factories import make_settings

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


@pytest.fixture
def stubbed() -> Iterator[Stubbed]:
    made = Stubbed()
    with made.ec2:
        yield made
    made.ec2.assert_no_pending_responses()


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


@pytest.mark.parametrize(
    "code",
    [
        "InsufficientInstanceCapacity",
        "SpotMaxPriceTooLow",
        "Unsupported",
        "VcpuLimitExceeded",
        "InvalidSubnetID.NotFound",
        "UnauthorizedOperation",
        "AuthFailure.ServiceLinkedRoleCreationNotPermitted",
        "ACodeThatIsNew",
    ],
)
def test_where_one_type_has_run_out_the_next_is_tried_and_remembered(
    stubbed: Stubbed, code: str
) -> None:
    stubbed.refuses(code)
    stubbed.launches("i-1", 1, "c6a.large")
    stubbed.launches("i-2", 2, "c6a.large")

    assert stubbed.fleet.launch(2) == ["i-1", "i-2"]


def test_spot_is_asked_for_first_each_time_and_on_demand_where_there_is_none(
    stubbed: Stubbed,
) -> None:
    places = tuple(
        Place(instance_type=kind, spot=spot)
        for spot in (True, False)
        for kind in ("c6i.large", "c6a.large")
    )
    plan = replace(PLAN, places=places)
    fleet = EC2Fleet(stubbed.client, "faces", plan, stubbed.clock, lambda: "token")
    stubbed.refuses("InsufficientInstanceCapacity")
    stubbed.refuses("InsufficientInstanceCapacity")
    stubbed.launches("i-paid", 1, "c6i.large")
    stubbed.refuses("InsufficientInstanceCapacity")
    stubbed.launches("i-spot", 2, "c6a.large", spot=True)
    stubbed.launches("i-spot-too", 3, "c6a.large", spot=True)

    assert fleet.launch(3) == ["i-paid", "i-spot", "i-spot-too"]


def test_where_all_types_have_run_out_fewer_are_launched(stubbed: Stubbed) -> None:
    stubbed.launches("i-1", 1)
    stubbed.refuses("InsufficientInstanceCapacity")
    stubbed.refuses("InsufficientInstanceCapacity")

    assert stubbed.fleet.launch(3) == ["i-1"]


def test_throttling_ends_this_round_and_no_more(stubbed: Stubbed) -> None:
    stubbed.refuses("RequestLimitExceeded")
    stubbed.launches("i-1", 1)

    assert stubbed.fleet.launch(2) == []
    assert stubbed.fleet.launch(1) == ["i-1"]


@pytest.mark.parametrize("code", ["VcpuLimitExceeded", "InvalidAMIID.NotFound", "Whatever"])
def test_where_every_place_refuses_launching_pauses_longer_and_longer(
    stubbed: Stubbed, code: str
) -> None:
    rounds = 0
    with structlog.testing.capture_logs() as logs:
        for _ in range(1800):  # an hour of looks
            before = stubbed.clock.now
            stubbed.refuses(code)
            stubbed.refuses(code)
            stubbed.fleet.launch(1)
            if stubbed.ec2._queue:  # nothing was asked: take the answers back
                stubbed.ec2._queue.clear()
            else:
                rounds += 1
            stubbed.clock.now = before + 2

    assert 8 <= rounds <= 20
    # Once for each place, and once for all: not for every round.
    assert [one["event"] for one in logs] == ["ec2_refuses"] * 3
    assert all(one["hint"] for one in logs)


def test_a_launch_ends_the_pause(stubbed: Stubbed) -> None:
    for code in ("VcpuLimitExceeded", "VcpuLimitExceeded"):
        stubbed.refuses(code)
    stubbed.fleet.launch(1)
    stubbed.clock.now += 5
    stubbed.launches("i-1", 1)
    stubbed.launches("i-2", 2)

    assert stubbed.fleet.launch(1) == ["i-1"]
    assert stubbed.fleet.launch(1) == ["i-2"]


def test_where_ec2_fails_itself_the_same_token_asks_again(stubbed: Stubbed) -> None:
    """The instance may have been launched; the token keeps a second one from being so."""
    stubbed.refuses("InternalError")
    stubbed.launches("i-1", 1)

    assert stubbed.fleet.launch(1) == ["i-1"]


def test_a_launch_whose_answer_was_lost_is_asked_again_with_the_same_token(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So that EC2, which knows the token, launches no second one."""
    tokens: list[str] = []

    class LosesTheFirstAnswer:
        def run_instances(self, **arguments: Any) -> dict[str, Any]:
            tokens.append(arguments["ClientToken"])
            if len(tokens) == 1:
                raise ReadTimeoutError(endpoint_url="http://ec2")
            return {"Instances": [{"InstanceId": f"i-{len(tokens)}"}]}

    fleet = EC2Fleet(LosesTheFirstAnswer(), "faces", PLAN, Clock())

    assert fleet.launch(1) == []
    assert fleet.launch(1) == ["i-2"]
    assert fleet.launch(1) == ["i-3"]
    assert tokens[0] == tokens[1] != tokens[2]


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


def test_names_and_numbers() -> None:
    assert lowest_free({1, 2, 4}, 3) == [3, 5, 6]
    assert number_of("app-tier-instance-7") == 7
    assert number_of("web-instance") is None
    assert number_of("app-tier-instance-x") is None


def test_user_data_holds_no_secret_and_is_quoted() -> None:
    settings = make_settings(
        ami_id="ami-1", database_url="postgres://a:hush@b/c", aws_region="us-east-1; reboot"
    )

    text = user_data(settings)

    assert "hush" not in text
    assert "AWS_REGION='us-east-1; reboot'" in text


def test_every_type_and_zone_is_a_place() -> None:
    plan = launch_plan(
        make_settings(launch_template="lt-1", instance_types="a, b", subnet_ids="s1,s2")
    )

    assert [str(place) for place in plan.places] == ["a in s1", "a in s2", "b in s1", "b in s2"]


def test_every_place_is_tried_as_spot_first_where_spot_is_wanted() -> None:
    plan = launch_plan(
        make_settings(
            launch_template="lt-1", instance_types="a", subnet_ids="s", spot_instances=True
        )
    )

    assert [str(place) for place in plan.places] == ["a in s (spot)", "a in s"]


def test_app_instances_are_told_how_many_processes_they_have_only_where_that_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("WORKER_PROCESSES", raising=False)

    assert "WORKER_PROCESSES=3" in user_data(make_settings(worker_processes=3))
    assert "WORKER_PROCESSES" not in user_data(Settings(faceweb_id="faces"))
