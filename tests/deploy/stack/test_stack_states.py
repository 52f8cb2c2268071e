"""What CloudFormation answers late, or not as one hopes, in its own words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from deploy.stack.cloudformation import CHANGE_SET_LOOKS, GONE, Stack, StackFailed
from tests.support.stubbed import stubbed

CHANGE_SET = "arn:aws:cloudformation:us-east-1:123456789012:changeSet/faceweb-1/2"
NO_CHANGES = [
    "The submitted information didn't contain changes. Submit different information to create a "
    "change set.",
    "No updates are to be performed.",
]


@pytest.fixture
def cloud() -> Iterator[Stubber]:
    with stubbed("cloudformation") as stubber:
        yield stubber


@pytest.fixture
def stack(cloud: Stubber) -> Stack:
    return Stack(cloud.client, "faces", sleep=lambda seconds: None)


def is_in(cloud: Stubber, status: str) -> None:
    found = {"StackName": "faces", "StackStatus": status, "CreationTime": datetime.now(UTC)}
    cloud.add_response("describe_stacks", {"Stacks": [found]}, {"StackName": "faces"})


def had(cloud: Stubber, *events: tuple[str, str, str]) -> None:
    """The newest event first."""
    told = [
        {
            "StackId": "faces-1", "EventId": f"{name}-{status}", "StackName": "faces",
            "LogicalResourceId": name, "ResourceType": "AWS::S3::Bucket",
            "Timestamp": datetime.now(UTC), "ResourceStatus": status,
            "ResourceStatusReason": reason,
        }
        for name, status, reason in events
    ]  # fmt: skip
    cloud.add_response("describe_stack_events", {"StackEvents": told}, {"StackName": "faces"})


def is_not_there(cloud: Stubber, call: str) -> None:
    words = "Stack with id faces does not exist"
    cloud.add_client_error(call, "ValidationError", words, http_status_code=400)


def change_set_ends(cloud: Stubber, kind: str, status: str, reason: str = "") -> None:
    """It is made, is not ready at the first look, and then ends so."""
    expected = {
        "StackName": "faces", "ChangeSetName": ANY, "ChangeSetType": kind, "TemplateBody": "{}",
        "Parameters": [], "Capabilities": ["CAPABILITY_IAM"],
        "Tags": [{"Key": "faceweb:system", "Value": "faces"}],
    }  # fmt: skip
    cloud.add_response("create_change_set", {"Id": CHANGE_SET}, expected)
    asked = {"ChangeSetName": CHANGE_SET, "StackName": "faces"}
    cloud.add_response("describe_change_set", {"Status": "CREATE_IN_PROGRESS"}, asked)
    ended: dict[str, Any] = {"Status": status, "StatusReason": reason, "Changes": []}
    cloud.add_response("describe_change_set", ended, asked)


def change_set_goes(cloud: Stubber) -> None:
    cloud.add_response("delete_change_set", {}, {"ChangeSetName": CHANGE_SET, "StackName": "faces"})


def test_a_stack_that_is_not_there_is_gone(cloud: Stubber, stack: Stack) -> None:
    is_not_there(cloud, "describe_stacks")

    assert stack.state().status == GONE


@pytest.mark.parametrize("reason", NO_CHANGES)
def test_a_change_set_without_changes_is_no_change_and_is_removed(
    cloud: Stubber, stack: Stack, reason: str
) -> None:
    change_set_ends(cloud, "UPDATE", "FAILED", reason)
    change_set_goes(cloud)

    assert stack.propose("{}", {}, creates=False) is None


def test_a_refused_first_change_set_leaves_no_name_under_review(
    cloud: Stubber, stack: Stack
) -> None:
    change_set_ends(cloud, "CREATE", "FAILED", "Transform failed")
    change_set_goes(cloud)
    cloud.add_response("delete_stack", {}, {"StackName": "faces"})

    with pytest.raises(StackFailed, match="refuses this change of faces: Transform failed"):
        stack.propose("{}", {}, creates=True)


def test_a_change_set_that_is_never_made_is_given_up(cloud: Stubber, stack: Stack) -> None:
    cloud.add_response("create_change_set", {"Id": CHANGE_SET})
    cloud.add_client_error("describe_change_set", "Throttling", "Rate exceeded")
    for _ in range(CHANGE_SET_LOOKS):
        cloud.add_response("describe_change_set", {"Status": "CREATE_IN_PROGRESS"})

    with pytest.raises(StackFailed, match="does not say what would change in faces"):
        stack.propose("{}", {}, creates=False)


def test_the_changes_of_all_pages_are_told(cloud: Stubber, stack: Stack) -> None:
    asked = {"ChangeSetName": CHANGE_SET, "StackName": "faces"}
    cloud.add_response("create_change_set", {"Id": CHANGE_SET})
    cloud.add_response("describe_change_set", {"Status": "CREATE_COMPLETE"}, asked)
    for name, token in (("A", "more"), ("B", "")):
        about = {"Action": "Add", "ResourceType": "T", "LogicalResourceId": name}
        page = {"Changes": [{"ResourceChange": about}], **({"NextToken": token} if token else {})}
        cloud.add_response("describe_change_set", page)

    found = stack.propose("{}", {}, creates=False)

    assert found is not None and found.names("Add") == ["A", "B"]


def test_a_name_under_review_is_no_stack_yet_but_is_taken(cloud: Stubber, stack: Stack) -> None:
    is_in(cloud, "REVIEW_IN_PROGRESS")

    state = stack.state()

    assert (state.exists, state.has_name, state.is_moving) == (False, True, False)


def test_one_that_follows_too_eagerly_looks_again(cloud: Stubber, stack: Stack) -> None:
    cloud.add_client_error("describe_stacks", "Throttling", "Rate exceeded")
    is_in(cloud, "CREATE_IN_PROGRESS")
    cloud.add_client_error("describe_stack_events", "Throttling", "Rate exceeded")
    is_in(cloud, "CREATE_COMPLETE")
    had(cloud, ("InBucket", "CREATE_COMPLETE", ""))

    assert [event.name for event in stack.follow(set())] == ["InBucket"]


@pytest.mark.parametrize(
    ("status", "way_out"),
    [
        ("ROLLBACK_COMPLETE", r"Remove it with manage\.py deprovision"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback --stack-name faces"),
        ("DELETE_FAILED", r"InBucket \(.*BucketNotEmpty.*\)\. Run manage\.py deprovision again"),
    ],
)
def test_who_follows_a_stack_into_a_dead_end_is_told_the_way_out(
    cloud: Stubber, stack: Stack, status: str, way_out: str
) -> None:
    reason = "The bucket is not empty (Status Code: 409; Error Code: BucketNotEmpty)"
    failed = ("InBucket", "DELETE_FAILED", reason)
    is_in(cloud, status)
    had(cloud, failed)
    had(cloud, failed)

    with pytest.raises(StackFailed, match=f"{status}.*{way_out}"):
        list(stack.follow(set()))


def test_what_a_failed_stack_has_removed_already_is_not_among_its_resources(
    cloud: Stubber, stack: Stack
) -> None:
    """CloudFormation lists it on: who asks for it would get no further."""
    kind = "AWS::RDS::DBInstance"
    listed = [
        {
            "LogicalResourceId": name, "PhysicalResourceId": name, "ResourceType": kind,
            "LastUpdatedTimestamp": datetime.now(UTC), "ResourceStatus": status,
        }
        for name, status in (("gone", "DELETE_COMPLETE"), ("stays", "DELETE_FAILED"))
    ]  # fmt: skip
    for _ in range(2):
        answer = {"StackResourceSummaries": listed}
        cloud.add_response("list_stack_resources", answer, {"StackName": "faces"})

    assert stack.resources(kind) == ["stays"]
    assert stack.resources(kind, and_gone=True) == ["gone", "stays"]
