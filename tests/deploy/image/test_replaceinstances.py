"""`replaceinstances` asks old instances to leave, a few at a time, and waits until they have."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from botocore.stub import ANY, Stubber
from django.core.management import CommandError, call_command

from deploy.management.commands import replaceinstances
from foundation.config import get_settings
from foundation.fleet import lifecycle
from tests.support.stubbed import shared_by_all, stubbed


@pytest.fixture
def ec2(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    monkeypatch.setattr(replaceinstances, "LOOK_SECONDS", 0)
    with stubbed("ec2") as stubber:
        shared_by_all(monkeypatch, ec2=stubber)
        yield stubber


def template_has(ec2: Stubber, **data: str) -> None:
    name = f"{get_settings().faceweb_id}-app-tier"
    asked = {"LaunchTemplateName": name, "Versions": ["$Default"]}
    answer = {"LaunchTemplateVersions": [{"LaunchTemplateData": data}]}
    ec2.add_response("describe_launch_template_versions", answer, asked)


def living(ec2: Stubber, *instances: tuple[str, str, str]) -> None:
    """Each by its id, its image and what it is wanted for."""
    told = [
        {
            "InstanceId": name, "ImageId": image, "LaunchTime": datetime.now(UTC),
            "Tags": [{"Key": lifecycle.WANTED_TAG, "Value": wanted}],
        }
        for name, image, wanted in instances
    ]  # fmt: skip
    ec2.add_response("describe_instances", {"Reservations": [{"Instances": told}]})


def is_asked_to_leave(ec2: Stubber, name: str) -> None:
    wanted = [{"Key": lifecycle.WANTED_TAG, "Value": lifecycle.DRAIN}]
    ec2.add_response("create_tags", {}, {"Resources": [name], "Tags": wanted})


def test_one_old_instance_leaves_after_the_other(
    ec2: Stubber, capsys: pytest.CaptureFixture[str]
) -> None:
    new = ("i-new", "ami-2", lifecycle.SERVE)
    template_has(ec2, ImageId="ami-2")
    living(ec2, ("i-a", "ami-1", lifecycle.SERVE), ("i-b", "ami-1", lifecycle.SERVE))
    is_asked_to_leave(ec2, "i-a")
    living(ec2, ("i-a", "ami-1", lifecycle.DRAIN), ("i-b", "ami-1", lifecycle.SERVE))
    living(ec2, ("i-b", "ami-1", lifecycle.SERVE), new)
    is_asked_to_leave(ec2, "i-b")
    living(ec2, ("i-b", "ami-1", lifecycle.DRAIN), new)
    living(ec2, new)

    call_command("replaceinstances", "--yes")

    assert "2 instances were replaced; all that live are of ami-2." in capsys.readouterr().out


def test_a_template_without_an_image_is_told(ec2: Stubber) -> None:
    template_has(ec2, InstanceType="c5.large")

    with pytest.raises(CommandError, match=r"no image yet: run manage\.py bakeami"):
        call_command("replaceinstances", "--yes")


def test_an_instance_that_does_not_leave_in_time_is_told(ec2: Stubber) -> None:
    template_has(ec2, ImageId="ami-2")
    living(ec2, ("i-a", "ami-1", lifecycle.SERVE))

    with pytest.raises(CommandError, match="1 instances of an older image are still there"):
        call_command("replaceinstances", "--yes", "--timeout-minutes", "-1")


def test_who_may_not_tag_instances_is_told(ec2: Stubber) -> None:
    template_has(ec2, ImageId="ami-2")
    living(ec2, ("i-a", "ami-1", lifecycle.SERVE))
    asked = {"Resources": ["i-a"], "Tags": ANY}
    ec2.add_client_error("create_tags", "UnauthorizedOperation", "no", expected_params=asked)

    with pytest.raises(CommandError, match="may not CreateTags: no"):
        call_command("replaceinstances", "--yes")
