"""The image that a builder starts from: the newest Debian, or one that the operator names."""

from botocore.exceptions import ClientError

from deploy.image.builder import ROOT_DEVICE
from deploy.stack.preflight import NotReady, check_images
from deploy.stack.template import Values
from foundation import aws
from foundation.aws.typed import ImageTypeDef
from foundation.config import Settings

NEWEST = {
    "x86_64": "/aws/service/debian/release/12/latest/amd64",
    "arm64": "/aws/service/debian/release/12/latest/arm64",
}
"""Where AWS publishes the newest image of Debian 12, whose Python is 3.11."""


AGENT = "https://s3.{region}.amazonaws.com/amazon-ssm-{region}/latest/debian_{kind}/amazon-ssm-agent.deb"
"""Where AWS publishes Session Manager's agent, which Debian has not."""


def agent_url(architecture: str, values: Values, settings: Settings) -> str:
    """Where the builder gets the agent from; empty where the stack allows no shell."""
    if values["ShellAccess"] == "no":
        return ""
    kind = NEWEST[architecture].rpartition("/")[2]
    return AGENT.format(region=settings.aws_region, kind=kind)


def newest(architecture: str, settings: Settings) -> str:
    """Raises NotReady where AWS publishes none."""
    name = NEWEST[architecture]
    ssm = aws.client("ssm", settings)
    try:
        return str(ssm.get_parameter(Name=name)["Parameter"]["Value"])
    except ssm.exceptions.ParameterNotFound:
        raise NotReady(f"There is no {name} in {settings.aws_region}: give --base-image.") from None


def check(image: str, values: Values, web: bool, settings: Settings) -> None:
    """Raises NotReady where the stack's instances could not be made of it."""
    check_images({**values, "AppImageId": image, "WebImageId": image if web else ""}, settings)
    device = _described(image, settings)["RootDeviceName"]
    if device != ROOT_DEVICE:
        raise NotReady(
            f"The base image {image} has its root disk at {device}, and the stack's instances "
            f"expect it at {ROOT_DEVICE}: a second, empty disk would be all that is encrypted."
        )


def _described(image: str, settings: Settings) -> ImageTypeDef:
    try:
        found = aws.client("ec2", settings).describe_images(ImageIds=[image])["Images"]
    except ClientError as error:
        raise NotReady(f"{image}: {error.response['Error']['Message']}") from None
    return found[0]
