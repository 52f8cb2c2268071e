"""The steps after CloudFormation's: the launch template's default version, settings, secrets."""

import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from deploy.stack.late import settled
from faceweb.webhooks.signing import new_secret
from foundation import aws
from foundation.config import Settings

MAKERS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(64),
    "WEBHOOK_SECRET": new_secret,
    "DATABASE_PASSWORD": lambda: secrets.token_urlsafe(32),
}

MODE = 0o640
"""Settings, no secrets; but nobody else's business."""


def use_newest_version(outputs: Mapping[str, str], settings: Settings) -> None:
    """Have instances launched as the stack says now. Raises botocore's errors."""
    ec2 = aws.client("ec2", settings)
    settled(
        lambda: ec2.modify_launch_template(
            LaunchTemplateId=outputs["LaunchTemplateId"],
            DefaultVersion=outputs["LaunchTemplateVersion"],
        ),
        late="NotFound",
    )


def write_environment(parameter: str, path: Path, settings: Settings) -> None:
    """Write the environment file, whole or not at all, of what SSM has; without empty settings."""
    ssm = aws.client("ssm", settings)
    text = str(ssm.get_parameter(Name=parameter)["Parameter"]["Value"])
    lines = (line.strip() for line in text.splitlines())
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, MODE), "w") as file:
        file.writelines(f"{line}\n" for line in lines if line.partition("=")[2])
    fresh.replace(path)


def make_missing(settings: Settings) -> list[str]:
    """Make the secrets that are not there yet. Returns their names. Raises botocore's errors."""
    ssm = aws.client("ssm", settings)
    names = {f"/{settings.faceweb_id}/web/{name}": make for name, make in MAKERS.items()}
    missing = ssm.get_parameters(Names=list(names))["InvalidParameters"]
    for name in missing:
        ssm.put_parameter(Name=name, Type="SecureString", Value=names[name]())
    return sorted(missing)
