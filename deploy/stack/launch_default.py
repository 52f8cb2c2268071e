"""The launch template's default version, which CloudFormation leaves as it was."""

from __future__ import annotations

from collections.abc import Mapping

from deploy.stack.late import settled
from foundation import aws
from foundation.config import Settings


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
