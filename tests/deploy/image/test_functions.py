"""`bakeami --functions`: what the builder is told, and that the functions use its image."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command

from deploy.image import first_boot
from deploy.image.builder import Bakery, BuilderReport
from deploy.stack.cloudformation import Stack
from foundation import aws
from foundation.config import Settings, get_settings

AN_IMAGE = "ami-12c6146b"
MANIFEST = {
    "schemaVersion": 2,
    "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
    "config": {"digest": "sha256:1"},
}


@pytest.fixture
def settings(cloud_settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    monkeypatch.setenv("FACEWEB_ID", cloud_settings.faceweb_id)
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    get_settings.cache_clear()
    return get_settings()


def pushed(settings: Settings) -> str:
    """An image in the stack's repository; its address by digest."""
    stack = Stack(aws.client("cloudformation", settings), settings.faceweb_id)
    repository = stack.state().outputs["FunctionsRepository"]
    name, manifest = repository.partition("/")[2], json.dumps(MANIFEST)
    image = aws.client("ecr", settings).put_image(
        repositoryName=name, imageManifest=manifest, imageTag="v1"
    )["image"]
    return f"{repository}@{image['imageId']['imageDigest']}"


def test_the_builder_pushes_and_the_functions_run_its_image(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_command("provision", "--yes")
    image = pushed(settings)
    ec2, seen = aws.client("ec2", settings), []

    def verdict(bakery: Bakery, builder: str, *asked: object) -> BuilderReport:
        found = ec2.describe_instances(InstanceIds=[builder])["Reservations"][0]["Instances"][0]
        text = ec2.describe_instance_attribute(InstanceId=builder, Attribute="userData")
        seen.append((found["IamInstanceProfile"]["Arn"], text["UserData"]["Value"]))
        return {"ok": True, "image": image, "model": "sface"}  # type: ignore[typeddict-item]

    monkeypatch.setattr(Bakery, "verdict", verdict)
    call_command("bakeami", "--functions", "--base-image", AN_IMAGE)

    ((profile, text),) = seen
    told = yaml.safe_load(base64.b64decode(text))
    script = told["write_files"][0]["content"]
    assert "BuilderProfile" in profile
    assert told["packages"] == first_boot.FUNCTIONS_PACKAGES
    assert 'sh "$home/release/deploy/lambda/push.sh"' in script
    assert f"REPOSITORY={image.partition('@')[0]}" in script
    stack = Stack(aws.client("cloudformation", settings), settings.faceweb_id)
    assert stack.state().values["LambdaImageUri"] == image
    made = {one.rpartition(":")[2] for one in stack.resources("AWS::Lambda::Function")}
    assert made >= {
        f"{settings.faceweb_id}-{name}" for name in ("video-splitting", "face-recognition")
    }
