"""The launch template's default version, which CloudFormation leaves as it was."""

from __future__ import annotations

from collections.abc import Mapping

from foundation import aws
from foundation.config import Settings


def use_newest_version(outputs: Mapping[str, str], settings: Settings) -> None:
    """Have instances launched as the stack says now. Raises botocore's errors."""
    aws.client("ec2", settings).modify_launch_template(
        LaunchTemplateId=outputs["LaunchTemplateId"],
        DefaultVersion=outputs["LaunchTemplateVersion"],
    )
