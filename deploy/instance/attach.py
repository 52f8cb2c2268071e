"""`python -m deploy.instance.attach`: take the system's data volume and address, at each start.

A web instance of size small is replaced by the Auto Scaling group when it is lost. The volume with
the database, and the address that clients know, are then its successor's. A volume that another
instance still has is never taken from it: two writers would destroy the database.
"""

import os
import time
from collections.abc import Callable
from typing import TypeVar

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from deploy.instance.metadata import Metadata, MetadataUnseen
from foundation import aws, logs
from foundation.aws.typed import EC2Client, VolumeTypeDef
from foundation.config import get_settings

log = structlog.get_logger()
Done = TypeVar("Done")

DEVICE = "/dev/sdf"
PAUSE_SECONDS = 3.0


def holder_of(volume: VolumeTypeDef) -> str:
    """The instance that a volume of DescribeVolumes is attached to; empty for none."""
    held = [one for one in volume.get("Attachments", ()) if one["State"] != "detached"]
    return str(held[0]["InstanceId"]) if held else ""


def take_volume(ec2: EC2Client, volume: str, instance: str) -> bool:
    """True once the volume is this instance's. Raises botocore's errors."""
    found = ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]
    holder = holder_of(found)
    if holder == instance:
        return bool(found["State"] == "in-use")
    if holder:
        log.warning("volume_in_use", volume=volume, instance=holder)
    elif found["State"] == "available":
        ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device=DEVICE)
    return False


def take_address(ec2: EC2Client, allocation: str, instance: str) -> bool:
    """True once clients reach this instance by the address. Raises botocore's errors."""
    ec2.associate_address(AllocationId=allocation, InstanceId=instance, AllowReassociation=True)
    return True


def until_done(step: Callable[[], Done], sleep: Callable[[float], None] = time.sleep) -> Done:
    """Repeat a step until it gives something, whatever AWS answers meanwhile."""
    while True:
        try:
            if done := step():
                return done
        except (BotoCoreError, ClientError, MetadataUnseen) as error:
            log.warning("not_done_yet", error=str(error))
        sleep(PAUSE_SECONDS)


def main(sleep: Callable[[float], None] = time.sleep) -> None:
    """Take the web tier's address and data volume, however long that needs."""
    settings = get_settings()
    logs.configure(settings)
    volume, address = os.environ["DATA_VOLUME"], os.environ["ADDRESS"]
    ec2, metadata = aws.client("ec2", settings), Metadata()
    until_done(lambda: take_address(ec2, address, metadata.instance_id()), sleep)
    until_done(lambda: take_volume(ec2, volume, metadata.instance_id()), sleep)
    log.info("attached", volume=volume, address=address)


if __name__ == "__main__":
    main()
