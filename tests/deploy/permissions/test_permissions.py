"""Every call that was recorded is allowed, and nothing is allowed that nobody calls."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deploy.stack.template import Template
from tests.deploy.permissions import recorded
from tests.deploy.permissions.exceptions import UNRECORDED
from tests.deploy.permissions.policies import ROLES, Statement, statements_of, wanted
from tests.deploy.permissions.table import allowed_but_unused, refused

SYSTEM, VPC = "faceweb", "vpc-1"


@pytest.fixture(scope="module")
def statements() -> dict[str, list[Statement]]:
    """With everything in it that a parameter may add."""
    template = Template.ours()
    values = template.values(
        {
            "VpcId": VPC,
            "SubnetIds": "subnet-1",
            "LambdaImageUri": "image",
            "SpotInstances": "yes",
            "VideoBackend": "celery",
            "ShellAccess": "yes",
        }
    )
    return {role: statements_of(role, template, values) for role in ROLES}


@pytest.mark.parametrize("role", ROLES)
def test_every_recorded_call_is_allowed(role: str, statements: dict[str, list[Statement]]) -> None:
    calls = [call for call in recorded.read() if call.role == role]

    assert calls, f"nothing was recorded of {role}"
    assert refused(calls, statements[role], SYSTEM, VPC) == []


@pytest.mark.parametrize("role", ROLES)
def test_nothing_is_allowed_that_nobody_calls(
    role: str, statements: dict[str, list[Statement]]
) -> None:
    calls = [call for call in recorded.read() if call.role == role]

    unused = allowed_but_unused(calls, statements[role], SYSTEM, VPC)

    assert [one for one in unused if (role, *one) not in UNRECORDED] == []


def test_no_exception_is_older_than_its_reason(statements: dict[str, list[Statement]]) -> None:
    """An exception for what is recorded by now, or is not in the template, is in the way."""
    calls = recorded.read()
    unused = {
        (role, *one)
        for role in ROLES
        for one in allowed_but_unused(
            [call for call in calls if call.role == role], statements[role], SYSTEM, VPC
        )
    }

    assert sorted(UNRECORDED.keys() - unused) == []


@pytest.mark.parametrize(("named", "may"), [("", ()), ("a", ("a/*",)), ("a,b.c", ("a/*", "b.c/*"))])
def test_the_web_tier_may_read_the_buckets_of_others_that_are_named(
    named: str, may: tuple[str, ...]
) -> None:
    template = Template.ours()
    values = template.values({"VpcId": VPC, "SubnetIds": "subnet-1", "PictureBuckets": named})

    found = [one for one in statements_of("web", template, values) if "Others" in one.sid]

    assert [(one.actions, one.resources) for one in found] == (
        [(("s3:GetObject",), tuple(f"arn:aws:s3:::{one}" for one in may))] if may else []
    )


def test_a_missing_permission_is_noticed(statements: dict[str, list[Statement]]) -> None:
    calls = [call for call in recorded.read() if call.role == "app"]
    fewer = [one for one in statements["app"] if one.sid != "SendReplies"]

    missing = refused(calls, fewer, SYSTEM, VPC)

    assert ("sqs:SendMessage", "arn:aws:sqs:us-east-1:123456789012:faceweb-resp-queue") in missing


def test_a_superfluous_permission_is_noticed(statements: dict[str, list[Statement]]) -> None:
    calls = [call for call in recorded.read() if call.role == "app"]
    more = Statement(
        sid="Purge", actions=("sqs:PurgeQueue",), resources=("arn:aws:sqs:*",), conditions={}
    )

    assert ("Purge", "sqs:PurgeQueue", "*") in allowed_but_unused(
        calls, [*statements["app"], more], SYSTEM, VPC
    )


def test_a_superfluous_resource_is_noticed(statements: dict[str, list[Statement]]) -> None:
    """The action is needed, but on the response queue alone."""
    calls = [call for call in recorded.read() if call.role == "app"]
    (replies,) = [one for one in statements["app"] if one.sid == "SendReplies"]
    letters = "arn:aws:sqs:us-east-1:123456789012:faceweb-dead-letter-queue"
    more = replace(replies, resources=(*replies.resources, letters))

    unused = allowed_but_unused(calls, [more], SYSTEM, VPC)

    assert {on for _, _, on in unused} == {"faceweb-dead-letter-queue"}


@pytest.mark.parametrize(
    ("action", "context"),
    [
        ("ec2:TerminateInstances", {"aws:ResourceTag/faceweb:fleet": "somebody-else"}),
        (
            "ec2:CreateTags",
            {"aws:ResourceTag/faceweb:fleet": SYSTEM, "aws:TagKeys": ["faceweb:fleet"]},
        ),
        ("ec2:RunInstances", {"aws:RequestTag/faceweb:fleet": SYSTEM}),
    ],
)
def test_other_peoples_instances_are_out_of_reach(
    statements: dict[str, list[Statement]], action: str, context: dict[str, object]
) -> None:
    machine = "arn:aws:ec2:us-east-1:123456789012:instance/i-1"

    assert not any(one.allows(action, machine, context) for one in statements["web"])


def test_a_launch_asks_for_each_thing_that_it_uses() -> None:
    asked = {
        arn.split(":")[-1].split("/")[0]
        for _, arn, _ in wanted("ec2:RunInstances", "*", [], SYSTEM, VPC)
    }

    assert {"launch-template", "image", "instance", "subnet", "volume", "role"} <= asked
