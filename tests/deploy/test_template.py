"""The CloudFormation template: clean, and of the same queues and buckets as everywhere else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy.stack.template import WITHOUT_BUDGETS, Template
from foundation import aws
from foundation.aws.provisioning import provision_queues
from foundation.config import Settings
from tests.deploy.made import PLACE

WITH_BUDGETS = [
    "ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
    "ca-central-1", "eu-central-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1",
    "us-east-1", "us-east-2", "us-west-1", "us-west-2",
]  # fmt: skip
LARGEST_BYTES = 51_200
"""What CloudFormation takes in one call."""

EVERYTHING = {
    "LambdaImageUri": "image",
    "WebImageId": "ami-12c6146b",
    "AlarmEmail": "a@example.org",
    "DomainName": "faces.example.org",
    "ShellAccess": "yes",
    "VideoBackend": "celery",
    "SpotInstances": "yes",
    "PictureBuckets": "shared-pictures",
    "LambdaConcurrency": "3",
}
UNUSED_OR_EMPTY = ("--ignore-checks", "W1030", "W1031", "W2001", "W2506")
SIZES: dict[str, dict[str, str]] = {
    "small": {**EVERYTHING, "DataZone": "us-east-1a", "Moving": "yes"},
    "standard": {**EVERYTHING, "Size": "standard", "HostedZoneId": "Z1"},
    "private": {
        **EVERYTHING,
        "Size": "private",
        "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1",
    },
}
"""Size -> parameters that make all that it may have."""

SAME_EVERYWHERE = (
    "VisibilityTimeout",
    "ReceiveMessageWaitTimeSeconds",
    "MessageRetentionPeriod",
    "SqsManagedSseEnabled",
)


def stack_arguments(settings: Settings, **given: str) -> dict[str, Any]:
    ec2 = aws.client("ec2", settings)
    subnets = ec2.describe_subnets()["Subnets"]
    parameters = {
        "FacewebId": settings.faceweb_id,
        "VpcId": subnets[0]["VpcId"],
        "SubnetIds": ",".join(subnet["SubnetId"] for subnet in subnets[:2]),
        "DataZone": subnets[0]["AvailabilityZone"],
        "VisibilityTimeoutSeconds": str(settings.visibility_timeout_seconds),
        "MaxReceiveCount": str(settings.max_receive_count),
        "ReceiveWaitSeconds": str(settings.receive_wait_seconds),
        **given,
    }
    template = Template.ours()
    values = template.values(parameters)
    return {
        "StackName": settings.faceweb_id,
        "TemplateBody": template.rendered(values),
        "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in values.items()],
        "Capabilities": ["CAPABILITY_IAM"],
    }


def create_stack(settings: Settings) -> None:
    aws.client("cloudformation", settings).create_stack(**stack_arguments(settings))


def queue_attributes(name: str, settings: Settings) -> dict[str, Any]:
    sqs = aws.client("sqs", settings)
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    redrive = json.loads(found.get("RedrivePolicy", "{}"))
    return {
        **{key: str(found.get(key)).lower() for key in SAME_EVERYWHERE},
        "deliveries": str(redrive.get("maxReceiveCount")),
        "gives_up_into": str(redrive.get("deadLetterTargetArn")).rpartition(":")[2],
    }


def lint(path: Path, *arguments: str) -> str:
    said = subprocess.run(
        [str(Path(sys.executable).with_name("cfn-lint")), *arguments, "--", str(path)],
        capture_output=True,
        text=True,
    )
    return said.stdout


def whole(folder: Path, region: str) -> Path:
    """The template with all its conditions, as a file."""
    path = folder / f"{region}.json"
    path.write_text(json.dumps(Template.ours(region).document))
    return path


@pytest.mark.system
def test_every_commercial_region_takes_the_template_that_it_gets(tmp_path: Path) -> None:
    """A region without budgets gets the template without one; its condition is then idle."""
    without, template = whole(tmp_path, "eu-north-1"), whole(tmp_path, "us-east-1")

    assert "MonthlyBudget" not in Template.ours("eu-north-1").document["Resources"]
    idle = ("--ignore-checks", "W1030", "W8001", "--regions")  # W1030: parameters may be empty
    assert lint(without, *idle, *sorted(WITHOUT_BUDGETS)) == ""
    assert lint(template, *idle, *WITH_BUDGETS) == ""
    assert "AWS::Budgets::Budget" in lint(template, "--regions", "eu-north-1")


@pytest.mark.system
@pytest.mark.parametrize("size", SIZES)
def test_each_size_is_clean_and_fits_into_one_call(size: str, tmp_path: Path) -> None:
    """What lint says of defaults that are empty, or not used, does not matter here."""
    template = Template.ours()
    path = tmp_path / "template.json"
    path.write_text(template.rendered(template.values({**PLACE, **SIZES[size]})))

    assert lint(path, *UNUSED_OR_EMPTY) == ""
    assert len(path.read_bytes()) < LARGEST_BYTES


def test_the_stacks_queues_are_those_of_provisioning(cloud_settings: Settings) -> None:
    queues = [
        cloud_settings.request_queue,
        cloud_settings.response_queue,
        cloud_settings.dead_letter_queue,
        cloud_settings.video_dead_letter_queue,
    ]
    provision_queues(cloud_settings)
    local = {name: queue_attributes(name, cloud_settings) for name in queues}
    sqs = aws.client("sqs", cloud_settings)
    for name in queues:
        sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"])

    create_stack(cloud_settings)

    assert {name: queue_attributes(name, cloud_settings) for name in queues} == local


def test_a_changed_parameter_reaches_the_queue(cloud_settings: Settings) -> None:
    create_stack(cloud_settings)
    changed = cloud_settings.model_copy(update={"visibility_timeout_seconds": 77})

    aws.client("cloudformation", changed).update_stack(**stack_arguments(changed))

    found = queue_attributes(changed.request_queue, changed)
    assert found["VisibilityTimeout"] == "77"


def test_a_deleted_stack_leaves_no_bucket_and_no_queue(cloud_settings: Settings) -> None:
    create_stack(cloud_settings)
    s3 = aws.client("s3", cloud_settings)
    ours = f"{cloud_settings.faceweb_id}-"
    made = {b["Name"] for b in s3.list_buckets()["Buckets"] if b["Name"].startswith(ours)}
    assert {cloud_settings.in_bucket, cloud_settings.video_stage_bucket} < made

    aws.client("cloudformation", cloud_settings).delete_stack(StackName=cloud_settings.faceweb_id)

    left = [b["Name"] for b in s3.list_buckets()["Buckets"] if b["Name"].startswith(ours)]
    queues = aws.client("sqs", cloud_settings).list_queues(QueueNamePrefix=ours)
    assert left == []
    assert not queues.get("QueueUrls")
