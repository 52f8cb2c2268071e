"""The instances that pages and API show are this system's own."""

import time

from faceweb.watch.fleet_view import instances
from foundation import aws
from foundation.config import Settings
from localcloud.system.environment import EMULATED_IMAGE
from scaler.instances.ec2 import EC2Fleet
from scaler.instances.launching import LaunchPlan


def launched(settings: Settings, system: str, count: int) -> list[str]:
    plan = LaunchPlan(fleet=system, ami_id=EMULATED_IMAGE)
    return EC2Fleet(aws.client("ec2", settings), system, plan, time.time).launch(count)


def test_another_system_s_instances_in_the_same_account_are_not_shown(
    cloud_settings: Settings,
) -> None:
    ours = launched(cloud_settings, cloud_settings.faceweb_id, 2)
    launched(cloud_settings, "somebody-else", 1)

    assert {one["id"] for one in instances(cloud_settings)} == set(ours)
