"""The fleet's calls against the emulator, one life long."""

from __future__ import annotations

import time

import pytest

from foundation import aws
from foundation.config import Settings
from foundation.fleet import lifecycle
from localcloud.system.environment import EMULATED_IMAGE
from scaler.deciding.values import Phase
from scaler.instances.ec2 import EC2Fleet
from scaler.instances.launching import LaunchPlan


@pytest.mark.system
def test_a_life_on_the_emulator(cloud_settings: Settings) -> None:
    """Launched, adopted by another scaler, asked to stop, ended; the free number is used again.
    Another system's instances are not ours."""
    ec2 = aws.client("ec2", cloud_settings)
    plan = LaunchPlan(fleet=cloud_settings.faceweb_id, ami_id=EMULATED_IMAGE)
    first = EC2Fleet(ec2, cloud_settings.faceweb_id, plan, time.time)
    ids = first.launch(3)
    lifecycle.say_state(ec2, ids[0], lifecycle.READY)

    second = EC2Fleet(ec2, cloud_settings.faceweb_id, plan, time.time)
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

    others = LaunchPlan(fleet="somebody-else", ami_id=EMULATED_IMAGE)
    (theirs,) = EC2Fleet(ec2, "somebody-else", others, time.time).launch(1)
    assert theirs not in {one.id for one in second.describe()}
