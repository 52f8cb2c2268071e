"""The parameters of RunInstances: names, places, tags, user data. Decides; calls nothing."""

import shlex
from collections.abc import Collection
from dataclasses import dataclass
from itertools import count as counting, islice
from typing import cast

from foundation.aws import typed
from foundation.config import Settings
from foundation.fleet import lifecycle
from foundation.settings.names import comma_separated
from foundation.workers_settings import worker_variables


class LaunchNotConfigured(Exception):
    """Nothing says what to launch; the text says what to set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An instance type and a subnet; empty is the launch template's (or EC2's) own."""

    instance_type: str = ""
    subnet_id: str = ""
    spot: bool = False

    def __str__(self) -> str:
        kind, subnet = self.instance_type or "default type", self.subnet_id or "default subnet"
        return f"{kind} in {subnet}{' (spot)' if self.spot else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchPlan:
    """How app instances of one system are launched."""

    fleet: str
    ami_id: str = ""
    launch_template: str = ""
    places: tuple[Place, ...] = (Place(),)
    user_data: str = ""


def launch_plan(settings: Settings) -> LaunchPlan:
    """The configured plan. Raises LaunchNotConfigured."""
    if not settings.ami_id and not settings.launch_template:
        raise LaunchNotConfigured(
            "Nothing says what an app instance is made from: set AMI_ID or LAUNCH_TEMPLATE "
            "(manage.py bakeami makes an image)"
        )
    types = comma_separated(settings.instance_types) or [""]
    subnets = comma_separated(settings.subnet_ids) or [""]
    return LaunchPlan(
        fleet=settings.faceweb_id,
        ami_id=settings.ami_id,
        launch_template=settings.launch_template,
        places=tuple(
            Place(instance_type=kind, subnet_id=subnet, spot=spot)
            # A picture that waits for a cheap machine that is not to be had is no bargain.
            for spot in ((True, False) if settings.spot_instances else (False,))
            for kind in types
            for subnet in subnets
        ),
        user_data=user_data(settings),
    )


def user_data(settings: Settings) -> str:
    """A first-boot script: the settings where the image's units look for them, then the worker."""
    variables = worker_variables(settings)
    if "worker_processes" in settings.model_fields_set:  # else one for each core that it has
        variables["WORKER_PROCESSES"] = str(settings.worker_processes)
    lines = [f"{name}={shlex.quote(value)}" for name, value in variables.items()]
    return "\n".join(
        (
            "#!/bin/sh",
            "mkdir -p /etc/faceweb",
            "cat > /etc/faceweb/environment <<'END'",
            *lines,
            "END",
            # Enabled, so that it serves again should the machine ever start again.
            "systemctl enable --now --no-block faceweb-app-instance.service",
            "",
        )
    )


def lowest_free(used: Collection[int], count: int) -> list[int]:
    """The lowest numbers from 1 on that are not taken."""
    return list(islice((number for number in counting(1) if number not in used), count))


def number_of(name: str) -> int | None:
    """The n of `app-tier-instance-<n>`, or None for another name."""
    digits = name.removeprefix(lifecycle.NAME_PREFIX)
    return int(digits) if digits != name and digits.isdecimal() else None


def run_instances_arguments(
    plan: LaunchPlan, place: Place, number: int, token: str
) -> typed.RunInstancesRequestTypeDef:
    """One instance: named, tagged and guarded from its first moment on."""
    arguments: typed.RunInstancesRequestTypeDef = {
        "MinCount": 1,
        "MaxCount": 1,
        "ClientToken": token,
        "UserData": plan.user_data,
        "InstanceInitiatedShutdownBehavior": "terminate",
        # IMDSv2 only: a request that was tricked out of the worker gets no credentials.
        # The instance reads there what it is wanted for, by its tags.
        "MetadataOptions": {
            "HttpTokens": "required",
            "HttpEndpoint": "enabled",
            "InstanceMetadataTags": "enabled",
        },
        "TagSpecifications": [{"ResourceType": "instance", "Tags": _tags(plan, number)}],
    }
    if plan.ami_id:  # it wins over the template's
        arguments["ImageId"] = plan.ami_id
    if plan.launch_template:
        is_id = plan.launch_template.startswith("lt-")
        template: typed.LaunchTemplateSpecificationTypeDef = {"Version": "$Default"}
        template["LaunchTemplateId" if is_id else "LaunchTemplateName"] = plan.launch_template
        arguments["LaunchTemplate"] = template
    if place.instance_type:
        arguments["InstanceType"] = cast(typed.InstanceTypeType, place.instance_type)
    if place.subnet_id:
        arguments["SubnetId"] = place.subnet_id
    if place.spot:
        arguments["InstanceMarketOptions"] = {"MarketType": "spot"}
    return arguments


def _tags(plan: LaunchPlan, number: int) -> list[typed.TagTypeDef]:
    tags = {
        lifecycle.NAME_TAG: f"{lifecycle.NAME_PREFIX}{number}",
        lifecycle.FLEET_TAG: plan.fleet,
        lifecycle.WANTED_TAG: lifecycle.SERVE,
        lifecycle.STATE_TAG: lifecycle.BOOTING,
    }
    return [{"Key": key, "Value": value} for key, value in tags.items()]
