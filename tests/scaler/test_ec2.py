<<<<<<< HEAD
"""The fleet on EC2: what it asks for, and what it makes of every refusal."""

from __future__ import annotations

=======
"""The fleet on EC2: every call, and everything that EC2 may answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
>>>>>>> scaler
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
<<<<<<< HEAD
from botocore.exceptions import EndpointConnectionError
from botocore.stub import ANY, Stubber

from localcloud.environment import EMULATED_IMAGE
from scaler.ec2 import EC2Fleet, phase_of
from scaler.fleet import FleetUnseen
from scaler.launching import LaunchNotConfigured, LaunchPlan, Place, launch_plan, lowest_free
=======
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from botocore.stub import ANY, Stubber

from scaler.ec2 import UNSEEN_SECONDS, EC2Fleet, phase_of
from scaler.fleet import FleetUnseen
from scaler.launching import LaunchPlan, Place, launch_plan, lowest_free, number_of, user_data
>>>>>>> scaler
from scaler.values import Phase
from tests.factories import make_settings
from workers import aws, lifecycle
from workers.config import Settings

<<<<<<< HEAD
PLACES = (Place(instance_type="c7i.large"), Place(instance_type="c6i.large"))


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 1, tzinfo=UTC).timestamp()
=======
PLAN = LaunchPlan(
    fleet="faces",
    ami_id="ami-1",
    places=(Place(instance_type="c6i.large"), Place(instance_type="c6a.large")),
)
NOW = datetime(2026, 11, 25, tzinfo=UTC).timestamp()


@dataclass
class Clock:
    now: float = NOW
>>>>>>> scaler

    def __call__(self) -> float:
        return self.now


<<<<<<< HEAD
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
=======
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

    def launches(self, name: str, number: int, instance_type: str = "c6i.large") -> None:
        """The next call launches an instance of this name and number."""
        expected = {**_arguments(number), "InstanceType": instance_type}
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
        "MetadataOptions": {"HttpTokens": "required", "HttpEndpoint": "enabled"},
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


def test_an_instance_that_ec2_does_not_show_yet_is_counted(stubbed: Stubbed) -> None:
    stubbed.launches("i-new", 1)
    stubbed.fleet.launch(1)
    stubbed.shows()
    stubbed.shows()

    assert [(one.id, one.phase) for one in stubbed.fleet.describe()] == [("i-new", Phase.BOOTING)]
    stubbed.clock.now += UNSEEN_SECONDS + 1
    assert stubbed.fleet.describe() == ()


@pytest.mark.parametrize(
    "code", ["InsufficientInstanceCapacity", "SpotMaxPriceTooLow", "Unsupported"]
)
def test_where_one_type_has_run_out_the_next_is_tried_and_remembered(
    stubbed: Stubbed, code: str
) -> None:
    stubbed.refuses(code)
    stubbed.launches("i-1", 1, "c6a.large")
    stubbed.launches("i-2", 2, "c6a.large")

    assert stubbed.fleet.launch(2) == ["i-1", "i-2"]


def test_where_all_types_have_run_out_fewer_are_launched(stubbed: Stubbed) -> None:
    stubbed.launches("i-1", 1)
    stubbed.refuses("InsufficientInstanceCapacity")
    stubbed.refuses("InsufficientInstanceCapacity")

    assert stubbed.fleet.launch(3) == ["i-1"]


@pytest.mark.parametrize(
    "code", ["RequestLimitExceeded", "VcpuLimitExceeded", "UnauthorizedOperation"]
)
def test_a_refusal_ends_this_round_and_no_more(stubbed: Stubbed, code: str) -> None:
    stubbed.refuses(code)
    stubbed.launches("i-1", 1)

    assert stubbed.fleet.launch(2) == []
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

    with pytest.raises(FleetUnseen, match=code):
        stubbed.fleet.describe()


def test_an_unreachable_ec2_is_unseen_too() -> None:
    class Away:
        def get_paginator(self, name: str) -> Any:
            raise ConnectTimeoutError(endpoint_url="http://ec2")

    with pytest.raises(FleetUnseen):
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


class TestAgainstTheEmulator:
    """The same calls, as real requests."""

    @pytest.fixture
    def fleet(self, cloud_settings: Settings) -> EC2Fleet:
        ec2 = aws.client("ec2", cloud_settings)
        image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
        plan = replace(PLAN, fleet=cloud_settings.faceweb_id, ami_id=image)
        return EC2Fleet(ec2, cloud_settings.faceweb_id, plan, Clock())

    def test_launched_seen_drained_and_ended(
        self, fleet: EC2Fleet, cloud_settings: Settings
    ) -> None:
        first, second = fleet.launch(2)
        assert {one.id for one in fleet.describe()} == {first, second}

        ec2 = aws.client("ec2", cloud_settings)
        lifecycle.say_state(ec2, first, lifecycle.READY)
        assert {one.id: one.phase for one in fleet.describe()}[first] is Phase.READY
        fleet.ask_to_stop([first])
        assert {one.id: one.phase for one in fleet.describe()}[first] is Phase.DRAINING
        fleet.terminate([first, second])

        assert fleet.describe() == ()

    def test_another_systems_instances_are_not_ours(
        self, fleet: EC2Fleet, cloud_settings: Settings
    ) -> None:
        ec2 = aws.client("ec2", cloud_settings)
        image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
        other_plan = replace(PLAN, fleet="somebody-else", ami_id=image)
        other = EC2Fleet(ec2, "somebody-else", other_plan, Clock())
        theirs = other.launch(1)

        assert fleet.describe() == ()
        other.terminate(theirs)
>>>>>>> scaler
