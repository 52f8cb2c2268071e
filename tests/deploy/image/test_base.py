"""A base image of which no instance of the stack could be made is refused before all else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deploy.image import base
from deploy.image.builder import ROOT_DEVICE
from deploy.stack.preflight import NotReady
from deploy.stack.template import Template
from foundation import aws
from foundation.config import Settings

VALUES = {"AppInstanceType": "c5.large", "WebInstanceType": "t3.small"}
GRAVITON = {"AppInstanceType": "c6g.large", "WebInstanceType": "t3.small"}


@pytest.fixture
def ec2(cloud_settings: Settings) -> Any:
    return aws.client("ec2", cloud_settings)


def an_image(ec2: Any, architecture: str = "x86_64", device: str = ROOT_DEVICE) -> str:
    """One of the emulator's."""
    wanted = {"architecture": architecture, "root-device-name": device}
    filters = [{"Name": name, "Values": [value]} for name, value in wanted.items()]
    return str(ec2.describe_images(Filters=filters)["Images"][0]["ImageId"])


def test_debian_is_taken_for_both_tiers(ec2: Any, cloud_settings: Settings) -> None:
    base.check(an_image(ec2), VALUES, True, cloud_settings)


def test_arm_is_taken_for_the_tier_that_is_arm(ec2: Any, cloud_settings: Settings) -> None:
    image = an_image(ec2, "arm64")

    base.check(image, GRAVITON, False, cloud_settings)
    with pytest.raises(NotReady, match=r"is for arm64, and t3\.small runs"):
        base.check(image, GRAVITON, True, cloud_settings)
    with pytest.raises(NotReady, match=r"is for arm64, and c5\.large runs"):
        base.check(image, VALUES, False, cloud_settings)


def test_another_root_disk_is_refused(ec2: Any, cloud_settings: Settings) -> None:
    with pytest.raises(NotReady, match="root disk at /dev/sda1"):
        base.check(an_image(ec2, device="/dev/sda1"), VALUES, False, cloud_settings)


def test_an_image_that_is_not_there_is_said(cloud_settings: Settings) -> None:
    with pytest.raises(NotReady, match="ami-00000000"):
        base.check("ami-00000000", VALUES, False, cloud_settings)


def test_without_a_published_image_one_is_asked_for(
    cloud_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(base.NEWEST, "x86_64", "/nowhere")

    with pytest.raises(NotReady, match="There is no /nowhere in us-east-1: give --base-image"):
        base.newest("x86_64", cloud_settings)


@pytest.mark.parametrize(("architecture", "kind"), [("x86_64", "amd64"), ("arm64", "arm64")])
def test_session_managers_agent_comes_where_a_shell_is_allowed(
    architecture: str, kind: str, cloud_settings: Settings
) -> None:
    found = base.agent_url(architecture, {"ShellAccess": "yes"}, cloud_settings)

    assert found.startswith("https://s3.us-east-1.amazonaws.com/amazon-ssm-us-east-1/latest/")
    assert f"/debian_{kind}/" in found
    assert base.agent_url(architecture, {"ShellAccess": "no"}, cloud_settings) == ""


def test_the_templates_instances_have_the_same_root_disk() -> None:
    text = json.dumps(Template.ours().document)

    assert text.count('"DeviceName": ') == text.count(f'"DeviceName": "{ROOT_DEVICE}"') == 2
