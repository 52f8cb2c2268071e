"""`provision` and `deprovision` against the emulator: made, changed, removed, and nothing left."""

from __future__ import annotations

import builtins
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, NoCredentialsError
from django.core.management import CommandError, call_command

from deploy.management.errors import translate_errors
from deploy.stack.cloudformation import GONE, Stack, StackEvent, StackFailed, StackState
from deploy.stack.emptying import SYSTEM_TAG, end_instances, left_over
from foundation import aws
from foundation.aws.provisioning import provision_bucket
from foundation.config import Settings, get_settings
from foundation.fleet import lifecycle

AN_IMAGE = "ami-12c6146b"


@pytest.fixture
def settings(cloud_settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    for name, value in {
        "FACEWEB_ID": cloud_settings.faceweb_id,
        "VAR_DIR": str(tmp_path),
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
    }.items():
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    return get_settings()


def run(name: str, *arguments: str) -> Any:
    call_command(name, *arguments)


def provision(*arguments: str) -> None:
    run("provision", "--yes", *arguments)


def answers(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(builtins, "input", lambda question: text)


def last_json(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_it_is_made_changed_and_removed_and_nothing_is_left(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    provision("--json")
    made = last_json(capsys)
    assert (made["status"], made["changed"]) == ("CREATE_COMPLETE", [])
    environment = (settings.var_dir / "web.environment").read_text()
    assert f"LAUNCH_TEMPLATE={made['outputs']['LaunchTemplateId']}\n" in environment
    assert "INSTANCE_TYPES" not in environment  # without a value

    provision("--json", "-p", f"AppImageId={AN_IMAGE}", "-p", "FleetMaximum=3")
    changed = last_json(capsys)
    assert changed["changed"] == ["FleetAtMaximumAlarm", "LaunchTemplate", "WebEnvironment"]
    assert "SCALER_MAX=3\n" in (settings.var_dir / "web.environment").read_text()

    provision("--json")  # what was given stays
    assert last_json(capsys)["changed"] == []

    fill(settings)
    run("deprovision", "--yes", "--json")
    removed = last_json(capsys)
    assert removed["removed"] == {
        "instances": 1, "objects": 3, "images": 1, "snapshots": 0, "parameters": 4,
    }  # fmt: skip
    assert removed["left"] == left_over(settings) == everything(settings) == []

    run("deprovision", "--yes", "--json")
    assert last_json(capsys)["left"] == []


def fill(settings: Settings) -> None:
    """What a system in use has beside its stack: objects in versions, an instance, an image."""
    s3, ec2 = aws.client("s3", settings), aws.client("ec2", settings)
    versioned = {"Status": "Enabled"}
    s3.put_bucket_versioning(Bucket=settings.in_bucket, VersioningConfiguration=versioned)
    for _ in range(2):
        s3.put_object(Bucket=settings.in_bucket, Key="a.jpg", Body=b"x")
    s3.put_object(Bucket=settings.video_output_bucket, Key="a.txt", Body=b"x")
    instance = run_instance(ec2, lifecycle.FLEET_TAG, settings)
    image = ec2.create_image(InstanceId=instance, Name=f"{settings.faceweb_id}-1")["ImageId"]
    system = [{"Key": SYSTEM_TAG, "Value": settings.faceweb_id}]
    ec2.create_tags(Resources=[image], Tags=system)
    secret = f"/{settings.faceweb_id}/web/DATABASE_URL"
    aws.client("ssm", settings).put_parameter(Name=secret, Value="s", Type="SecureString")


def everything(settings: Settings) -> list[str]:
    """All that still has the system's name, of every kind that the template makes."""
    name = settings.faceweb_id
    iam, ec2 = aws.client("iam", settings), aws.client("ec2", settings)
    parameters = aws.client("ssm", settings).describe_parameters()["Parameters"]
    templates = ec2.describe_launch_templates()["LaunchTemplates"]
    topics = aws.client("sns", settings).list_topics()["Topics"]
    alarms = aws.client("cloudwatch", settings).describe_alarms()["MetricAlarms"]
    found = [
        *(role["RoleName"] for role in iam.list_roles()["Roles"]),
        *(p["InstanceProfileName"] for p in iam.list_instance_profiles()["InstanceProfiles"]),
        *(group["GroupName"] for group in ec2.describe_security_groups()["SecurityGroups"]),
        *(template["LaunchTemplateName"] for template in templates),
        *(topic["TopicArn"].rpartition(":")[2] for topic in topics),
        *(parameter["Name"].lstrip("/") for parameter in parameters),
        *(alarm["AlarmName"] for alarm in alarms),
    ]
    return [one for one in found if one.startswith(name)]


def test_whatever_the_fleet_has_more_of_meanwhile_ends_too(settings: Settings) -> None:
    """The web instance goes as well, and so does what its scaler still launched."""
    ec2 = aws.client("ec2", settings)
    run_instance(ec2, SYSTEM_TAG, settings)
    said: list[str] = []

    def report(words: str) -> None:
        said.append(words)
        if len(said) == 1:
            run_instance(ec2, lifecycle.FLEET_TAG, settings)

    assert end_instances(settings, report, sleep=lambda seconds: None) == 2
    assert len(said) == 2
    assert left_over(settings) == []


def run_instance(ec2: Any, tag: str, settings: Settings) -> str:
    tags = [{"Key": tag, "Value": settings.faceweb_id}]
    wanted = [{"ResourceType": "instance", "Tags": tags}]
    made = ec2.run_instances(ImageId=AN_IMAGE, MinCount=1, MaxCount=1, TagSpecifications=wanted)
    return str(made["Instances"][0]["InstanceId"])


def test_a_dry_run_shows_and_changes_nothing(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    run("provision", "--dry-run")

    said = capsys.readouterr().out
    assert "+ AWS::SQS::Queue" in said and "an hour idle" in said
    assert left_over(settings) == []
    assert stack_of_the_settings(settings).state().status == GONE


def test_a_name_that_a_lost_run_left_under_review_is_removed(settings: Settings) -> None:
    bucket = {"Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}}}
    stack = stack_of_the_settings(settings)
    stack.propose(json.dumps(bucket), {}, creates=True)
    assert stack.state().status == "REVIEW_IN_PROGRESS"

    run("deprovision", "--yes")

    assert stack.state().status == GONE


def stack_of_the_settings(settings: Settings) -> Stack:
    return Stack(aws.client("cloudformation", settings), settings.faceweb_id)


def test_what_is_replaced_and_lost_is_said_before_it_is_asked(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    provision()
    vpc = aws.client("ec2", settings).create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    capsys.readouterr()
    answers(monkeypatch, "no")

    with pytest.raises(CommandError, match="Nothing was changed"):
        run("provision", "-p", f"VpcId={vpc}")

    said = capsys.readouterr().out
    assert "~ AWS::EC2::SecurityGroup" in said and "WebSecurityGroup: IS REPLACED" in said
    assert "of them replaced" in said
    assert stack_of_the_settings(settings).state().values["VpcId"] != vpc


def test_without_a_yes_nothing_is_made(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, "y")

    with pytest.raises(CommandError, match="Nothing was changed"):
        run("provision")

    assert left_over(settings) == []


def test_only_the_prefix_itself_removes_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    provision()
    answers(monkeypatch, "yes")

    with pytest.raises(CommandError, match="Nothing was changed"):
        run("deprovision")

    assert len(left_over(settings)) == 11
    answers(monkeypatch, settings.faceweb_id)
    run("deprovision")
    assert left_over(settings) == []


def test_a_bucket_that_is_somebody_elses_is_found_before_anything_is_made(
    settings: Settings,
) -> None:
    provision_bucket(settings.out_bucket, settings)

    advice = rf"FACEWEB_ID={settings.faceweb_id}-[0-9a-f]{{6}}\."
    with pytest.raises(CommandError, match=f"taken, .*{settings.out_bucket}.*{advice}"):
        provision()

    assert left_over(settings) == [f"bucket {settings.out_bucket}"]


@pytest.mark.parametrize(
    ("parameter", "words"),
    [
        ("AppImageId=ami-nope", "AppImageId: .*ami-nope"),
        ("AppInstanceType", "not NAME=VALUE"),
        ("FacewebId=other", "set that instead"),
    ],
)
def test_a_wrong_parameter_is_said_in_words(settings: Settings, parameter: str, words: str) -> None:
    with pytest.raises(CommandError, match=words):
        provision("-p", parameter)


class CloudFormation:
    """A stack that is in these states, one a look, and has had these events."""

    def __init__(self, *states: str, events: Sequence[dict[str, Any]] = ()) -> None:
        self._states, self._events = list(states), list(events)

    def describe_stacks(self, StackName: str) -> Any:
        state = self._states.pop(0) if len(self._states) > 1 else self._states[0]
        if state == GONE:
            raise gone(StackName, "DescribeStacks")
        return {"Stacks": [{"StackStatus": state, "StackStatusReason": "late"}]}

    def get_paginator(self, name: str) -> Any:
        return self

    def paginate(self, StackName: str) -> Iterator[dict[str, Any]]:
        if self._states[0] == GONE:
            raise gone(StackName, "DescribeStackEvents")
        yield {"StackEvents": self._events}


def gone(name: str, operation: str) -> ClientError:
    said = {"Code": "ValidationError", "Message": f"Stack with id {name} does not exist"}
    return ClientError({"Error": said}, operation)


def event(number: int, status: str, reason: str = "") -> dict[str, Any]:
    return {
        "EventId": str(number),
        "Timestamp": datetime(2026, 1, 1, tzinfo=UTC),
        "ResourceStatus": status,
        "ResourceType": "AWS::S3::Bucket",
        "LogicalResourceId": "InBucket",
        "ResourceStatusReason": reason,
    }


def stack_of(client: CloudFormation) -> Stack:
    return Stack(client, "faceweb", sleep=lambda seconds: None)


def test_a_stack_that_rolled_back_says_what_failed_first() -> None:
    events = [event(2, "CREATE_FAILED", "Cancelled."), event(1, "CREATE_FAILED", "Name is taken.")]

    with pytest.raises(StackFailed, match=r"ROLLBACK_COMPLETE.*Name is taken"):
        list(stack_of(CloudFormation("ROLLBACK_COMPLETE", events=events)).follow(set()))


def test_a_stack_that_goes_between_two_looks_at_it_is_gone_and_no_error() -> None:
    stack = stack_of(CloudFormation("DELETE_IN_PROGRESS", GONE))

    assert list(stack.follow(set())) == []


def test_a_second_run_watches_on_what_the_first_began(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    provision()
    capsys.readouterr()
    states, state = iter(["UPDATE_IN_PROGRESS"]), Stack.state

    def first_moving(stack: Stack) -> StackState:
        found = state(stack)
        return replace(found, status=next(states, found.status))

    monkeypatch.setattr(Stack, "state", first_moving)
    provision()

    said = capsys.readouterr().out
    assert "UPDATE_IN_PROGRESS: watching that first" in said
    assert "CREATE_COMPLETE" in said
    assert "0 to add, 0 to change, 0 to remove." in said


def test_ctrl_c_says_how_to_watch_on(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(stack: Stack, seen: set[str]) -> Iterator[StackEvent]:
        raise KeyboardInterrupt

    monkeypatch.setattr(Stack, "follow", interrupted)

    with pytest.raises(CommandError, match="run the same command again to watch"):
        provision()


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("ROLLBACK_COMPLETE", r"Remove it with manage\.py deprovision"),
        ("DELETE_FAILED", r"could not be removed: InBucket \(Not empty\)\. Run manage\.py deprov"),
        (
            "UPDATE_ROLLBACK_FAILED",
            r"InBucket \(Not empty\).*continue-update-rollback --stack-name",
        ),
        ("UPDATE_FAILED", r"rollback-stack --stack-name"),
    ],
)
def test_a_stack_that_no_update_mends_says_the_way_out(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, status: str, words: str
) -> None:
    events = stack_of(
        CloudFormation(status, events=[event(1, "DELETE_FAILED", "Not empty")])
    ).events()
    monkeypatch.setattr(Stack, "state", lambda stack: StackState(status=status))
    monkeypatch.setattr(Stack, "events", lambda stack: events)

    with pytest.raises(CommandError, match=words):
        provision()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (NoCredentialsError(), "no AWS credentials: run `aws configure`"),
        (
            ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "CreateStack"),
            "These credentials may not CreateStack: no",
        ),
        (
            ClientError({"Error": {"Code": "ExpiredToken", "Message": "old"}}, "GetCallerIdentity"),
            "not valid .any more.: old",
        ),
    ],
)
def test_what_aws_refuses_is_said_in_words(error: Exception, words: str) -> None:
    with pytest.raises(CommandError, match=words), translate_errors("Interrupted."):
        raise error


SIZES = {
    "small": ["DomainName=faces.example.org", "Moving=yes"],
    "standard": [
        "DomainName=faces.example.org",
        "CertificateArn={certificate}",
        "AllowFrom=0.0.0.0/0",
    ],
    "private": ["DomainName=faces.example.org", "CertificateArn={certificate}"],
}


@pytest.mark.parametrize("size", SIZES)
def test_each_size_is_made_and_removed_whole(
    settings: Settings, size: str, capsys: pytest.CaptureFixture[str]
) -> None:
    acm = aws.client("acm", settings)
    certificate = acm.request_certificate(DomainName="faces.example.org")["CertificateArn"]
    parameters = [f"Size={size}", f"WebImageId={AN_IMAGE}", *SIZES[size]]
    provision("--json", *(f"-p{text.format(certificate=certificate)}" for text in parameters))
    made = last_json(capsys)

    assert made["outputs"]["WebAddress"] == "https://faces.example.org/"
    web = aws.client("autoscaling", settings).describe_auto_scaling_groups()
    (group,) = [
        one for one in web["AutoScalingGroups"]
        if {"faceweb:system": settings.faceweb_id}.items()
        <= {tag["Key"]: tag["Value"] for tag in one["Tags"]}.items()
    ]  # fmt: skip
    assert group["DesiredCapacity"] == (1 if size == "small" else 2)
    assert len(group["Instances"]) == group["DesiredCapacity"]
    databases = aws.client("rds", settings).describe_db_instances()["DBInstances"]
    assert [one["StorageEncrypted"] for one in databases] == [True]

    run("deprovision", "--yes", "--json")
    assert last_json(capsys)["left"] == everything(settings) == []
    assert aws.client("rds", settings).describe_db_instances()["DBInstances"] == []


def test_a_balancer_without_a_certificate_is_refused(settings: Settings) -> None:
    with pytest.raises(CommandError, match=r"by HTTPS alone.*HostedZoneId.*CertificateArn"):
        provision("-p", "Size=standard", "-p", "DomainName=faces.example.org")


def test_a_data_volume_is_not_left_behind_in_another_zone(settings: Settings) -> None:
    provision()
    (first, second) = stack_of_the_settings(settings).state().values["SubnetIds"].split(",")[:2]

    with pytest.raises(CommandError, match=r"data volume is in us-east-1.*DataSnapshotId"):
        provision("-p", f"SubnetIds={second},{first}")
