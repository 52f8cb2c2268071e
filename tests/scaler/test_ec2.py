"""The fleet on EC2: what it asks for, and what it makes of every refusal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import ANY, Stubber

from localcloud.environment import EMULATED_IMAGE
from scaler.ec2 import EC2Fleet, phase_of
from scaler.fleet import FleetUnseen
from scaler.launching import LaunchNotConfigured, LaunchPlan, Place, launch_plan, lowest_free
from scaler.values import Phase
from tests.factories import make_settings
from workers import aws, lifecycle
from workers.config import Settings

PLACES = (Place(instance_type="c7i.large"), Place(instance_type="c6i.large"))


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 1, tzinfo=UTC).timestamp()

    def __call__(self) -> float:
        return self.now


class Stubbed:
    """A fleet whose EC2 answers from a script."""

    def __init__(self, places: tuple[Place, ...] = PLACES) -> None:
        self.ec2 = boto3.client("ec2", region_name="us-east-1")
        self.aws = Stubber(self.ec2)
        self.aws.activate()
        self.clock = Clock()
        tokens = iter(f"need{number}" for number in range(100))
        plan = LaunchPlan(fleet="faceweb", ami_id="ami-1", places=places)
        self.fleet = EC2Fleet(self.ec2, "faceweb", plan, self.clock, lambda: next(tokens))

    def expect_launch(self, kind: str, token: str, number: int, instance: str) -> None:
        expected = dict.fromkeys(("UserData", "ImageId", "MinCount", "MaxCount"), ANY)
        expected |= {
            "ClientToken": token,
            "InstanceType": kind,
            "MetadataOptions": {"HttpTokens": "required", "HttpEndpoint": "enabled"},
            "InstanceInitiatedShutdownBehavior": "terminate",
            "TagSpecifications": [{"ResourceType": "instance", "Tags": tags(number)}],
        }
        answer = {"Instances": [{"InstanceId": instance}]}
        self.aws.add_response("run_instances", answer, expected)

    def refuse(self, code: str, operation: str = "run_instances") -> None:
        self.aws.add_client_error(operation, code, "refused")


def tags(number: int) -> list[dict[str, str]]:
    return [
        {"Key": "Name", "Value": f"app-tier-instance-{number}"},
        {"Key": lifecycle.FLEET_TAG, "Value": "faceweb"},
        {"Key": lifecycle.WANTED_TAG, "Value": lifecycle.SERVE},
        {"Key": lifecycle.STATE_TAG, "Value": lifecycle.BOOTING},
    ]


def test_a_launch_is_named_tagged_and_guarded() -> None:
    stubbed = Stubbed()
    stubbed.expect_launch("c7i.large", "need0-0", 1, "i-1")
    stubbed.expect_launch("c7i.large", "need1-0", 2, "i-2")

    assert stubbed.fleet.launch(2) == ["i-1", "i-2"]

    stubbed.aws.assert_no_pending_responses()


def test_another_type_is_tried_where_one_has_run_out_and_stays_the_first_choice() -> None:
    stubbed = Stubbed()
    stubbed.refuse("InsufficientInstanceCapacity")
    stubbed.expect_launch("c6i.large", "need0-1", 1, "i-1")
    stubbed.expect_launch("c6i.large", "need1-1", 2, "i-2")

    assert stubbed.fleet.launch(2) == ["i-1", "i-2"]


@pytest.mark.parametrize(
    "codes",
    [
        ["InsufficientInstanceCapacity", "InsufficientInstanceCapacity"],  # nowhere
        ["RequestLimitExceeded"],
        ["VcpuLimitExceeded"],
        ["UnauthorizedOperation"],
    ],
)
def test_what_can_not_be_had_is_left_to_the_next_look(codes: list[str]) -> None:
    stubbed = Stubbed()
    stubbed.expect_launch("c7i.large", "need0-0", 1, "i-1")
    for code in codes:
        stubbed.refuse(code)

    assert stubbed.fleet.launch(5) == ["i-1"]

    stubbed.aws.assert_no_pending_responses()


def test_a_launch_without_an_answer_is_repeated_under_its_token(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So that an instance that was launched after all is not launched twice."""
    stubbed = Stubbed()
    asked: list[str] = []

    def no_answer(**arguments: Any) -> Any:
        asked.append(arguments["ClientToken"])
        if len(asked) == 1:
            raise EndpointConnectionError(endpoint_url="ec2")
        return {"Instances": [{"InstanceId": "i-1"}]}

    monkeypatch.setattr(stubbed.ec2, "run_instances", no_answer)

    assert stubbed.fleet.launch(1) == []
    assert stubbed.fleet.launch(1) == ["i-1"]
    assert asked == ["need0-0", "need0-0"]


def test_a_launched_instance_counts_before_ec2_shows_it() -> None:
    stubbed = Stubbed()
    stubbed.expect_launch("c7i.large", "need0-0", 1, "i-1")
    stubbed.fleet.launch(1)
    for _ in range(2):
        stubbed.aws.add_response("describe_instances", {"Reservations": []})

    assert [one.id for one in stubbed.fleet.describe()] == ["i-1"]
    stubbed.clock.now += 120
    assert stubbed.fleet.describe() == ()


def test_all_pages_are_read() -> None:
    stubbed = Stubbed()
    for page, token in (("i-1", "more"), ("i-2", None)):
        one = {
            "InstanceId": page,
            "State": {"Name": "running"},
            "LaunchTime": datetime(2026, 11, 1, tzinfo=UTC),
            "Tags": tags(1),
        }
        answer: dict[str, Any] = {"Reservations": [{"Instances": [one]}]}
        stubbed.aws.add_response(
            "describe_instances", answer | ({"NextToken": token} if token else {})
        )

    assert [one.id for one in stubbed.fleet.describe()] == ["i-1", "i-2"]


def test_a_fleet_that_can_not_be_seen_is_said_not_guessed() -> None:
    stubbed = Stubbed()
    stubbed.refuse("RequestLimitExceeded", "describe_instances")

    with pytest.raises(FleetUnseen, match="RequestLimitExceeded"):
        stubbed.fleet.describe()


def test_one_stale_id_does_not_keep_the_others_alive() -> None:
    stubbed = Stubbed()
    stubbed.refuse("InvalidInstanceID.NotFound", "terminate_instances")
    stubbed.refuse("InvalidInstanceID.NotFound", "terminate_instances")
    stubbed.aws.add_response(
        "terminate_instances", {"TerminatingInstances": []}, {"InstanceIds": ["i-2"]}
    )

    stubbed.fleet.terminate(["i-gone", "i-2"])

    stubbed.aws.assert_no_pending_responses()


def test_a_spot_interruption_is_explained() -> None:
    stubbed = Stubbed()
    reason = {"StateReason": {"Code": "Server.SpotInstanceTermination"}}
    stubbed.aws.add_response("describe_instances", {"Reservations": [{"Instances": [reason]}]})

    assert stubbed.fleet.why_gone(["i-1"]) == {"i-1": "Server.SpotInstanceTermination"}


@pytest.mark.parametrize(
    ("state", "said", "wanted", "phase"),
    [
        ("pending", "booting", "serve", Phase.BOOTING),
        ("running", "booting", "serve", Phase.BOOTING),
        ("running", "ready", "serve", Phase.READY),
        ("running", "ready", "drain", Phase.DRAINING),
        ("running", "booting", "drain", Phase.DRAINING),
        ("running", "ended", "drain", Phase.ENDED),
        ("running", "ended", "serve", Phase.ENDED),  # it said so itself: a spot notice
        ("stopped", "ready", "serve", Phase.ENDED),  # by somebody's hand
    ],
)
def test_the_phase_follows_from_state_and_tags(
    state: str, said: str, wanted: str, phase: Phase
) -> None:
    assert phase_of(state, {lifecycle.STATE_TAG: said, lifecycle.WANTED_TAG: wanted}) is phase


def test_the_lowest_free_numbers_are_taken() -> None:
    assert lowest_free({1, 2, 4}, 3) == [3, 5, 6]


def test_without_an_image_it_says_what_to_set() -> None:
    with pytest.raises(LaunchNotConfigured, match="AMI_ID or LAUNCH_TEMPLATE"):
        launch_plan(make_settings(ami_id="", launch_template=""))


def test_every_type_is_tried_in_every_zone_and_no_secret_is_told() -> None:
    plan = launch_plan(
        make_settings(
            ami_id="ami-1",
            instance_types="c7i.large, c6i.large",
            subnet_ids="subnet-a,subnet-b",
            database_url="postgres://user:geheim@db/faces",
        )
    )

    assert [str(place) for place in plan.places] == [
        "c7i.large in subnet-a",
        "c7i.large in subnet-b",
        "c6i.large in subnet-a",
        "c6i.large in subnet-b",
    ]
    assert "FACEWEB_ID=faceweb" in plan.user_data
    assert "geheim" not in plan.user_data


@pytest.mark.system
def test_a_life_on_the_emulator(cloud_settings: Settings) -> None:
    """Launched, adopted by another scaler, asked to stop, ended; the free number is used again."""
    ec2 = aws.client("ec2", cloud_settings)
    clock = Clock()
    plan = LaunchPlan(fleet=cloud_settings.faceweb_id, ami_id=EMULATED_IMAGE)
    first = EC2Fleet(ec2, cloud_settings.faceweb_id, plan, clock)
    ids = first.launch(3)
    lifecycle.say_state(ec2, ids[0], lifecycle.READY)

    second = EC2Fleet(ec2, cloud_settings.faceweb_id, plan, clock)
    seen = {one.id: one.phase for one in second.describe()}
    assert seen == {ids[0]: Phase.READY, ids[1]: Phase.BOOTING, ids[2]: Phase.BOOTING}

    second.ask_to_stop([ids[1]])
    second.terminate([ids[0]])
    seen = {one.id: one.phase for one in second.describe()}
    assert seen == {ids[1]: Phase.DRAINING, ids[2]: Phase.BOOTING}

    (again,) = second.launch(1)
    described = lifecycle.describe_fleet(ec2, cloud_settings.faceweb_id, ("running",))
    names = {one["InstanceId"]: lifecycle.tags_of(one)["Name"] for one in described}
    assert names[again] == "app-tier-instance-1"
    assert second.why_gone([ids[0]])[ids[0]]
