"""Launching on EC2: which place, what EC2 refuses, and what an instance is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import structlog
from botocore.exceptions import ReadTimeoutError

from foundation.config import Settings
from scaler.instances.ec2 import EC2Fleet
from scaler.instances.launching import Place, launch_plan, lowest_free, number_of, user_data
from tests.scaler.instances.scripted_ec2 import PLAN, Clock, Stubbed
from tests.support.factories import make_settings


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
    assert stubbed.fleet.refusal == "VcpuLimitExceeded"
    stubbed.clock.now += 5
    stubbed.launches("i-1", 1)
    stubbed.launches("i-2", 2)

    assert stubbed.fleet.launch(1) == ["i-1"]
    assert stubbed.fleet.refusal == ""
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
