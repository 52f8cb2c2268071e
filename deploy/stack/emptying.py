"""What must go before a stack can: running instances, the buckets' contents, images. Each step
can run again, and says how much it found."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial

from botocore.exceptions import ClientError

from deploy.stack.late import settled
from deploy.stack.preflight import bucket_names
from foundation import aws
from foundation.aws import error_code
from foundation.aws.typed import EC2Client, ImageTypeDef, ObjectIdentifierTypeDef, S3Client
from foundation.config import Settings
from foundation.fleet import lifecycle

SYSTEM_TAG = "faceweb:system"
"""On whatever belongs to one system and is not in its stack: images, snapshots, builders."""

BUILDER_TAG = "faceweb:builder"
"""On an instance that makes an image."""

Report = Callable[[str], None]
WAIT_SECONDS = 3.0
GIVE_UP_SECONDS = 600.0


class StillThere(Exception):
    """Something did not go in the time there is; the text says what."""


def end_instances(
    settings: Settings, report: Report, sleep: Callable[[float], None] = time.sleep
) -> int:
    """Terminate all instances, and wait until they are gone. Raises StillThere.

    The web instance goes with the others: its scaler would replace the fleet as it ends. A second
    look finds the instances of its last seconds."""
    ec2 = aws.client("ec2", settings)
    ended: set[str] = set()
    deadline = time.monotonic() + GIVE_UP_SECONDS
    while left := _instances(ec2, settings):
        if fresh := [one for one in left if one not in ended]:
            report(f"Ending {len(fresh)} instances: {', '.join(fresh)}")
            ec2.terminate_instances(InstanceIds=fresh)
            ended.update(fresh)
            continue
        if time.monotonic() > deadline:
            raise StillThere(
                f"{', '.join(left)} did not end within {GIVE_UP_SECONDS:.0f} s. If a scaler runs "
                "on a machine that is not the stack's, stop it; then run this again."
            )
        sleep(WAIT_SECONDS)
    return len(ended)


def _instances(ec2: EC2Client, settings: Settings) -> list[str]:
    """Instances of the fleet, builders and the web instance that are not gone yet: one that is
    shutting down still holds its security group, which the stack could then not delete."""
    states = [*lifecycle.LIVING_STATES, "shutting-down"]
    found: set[str] = set()
    for tag in (lifecycle.FLEET_TAG, BUILDER_TAG, SYSTEM_TAG):
        ours = aws.filters({"instance-state-name": states, f"tag:{tag}": [settings.faceweb_id]})
        pages = ec2.get_paginator("describe_instances").paginate(Filters=ours)
        found |= {instance["InstanceId"] for instance in lifecycle.instances_of(pages)}
    return sorted(found)


def empty_buckets(settings: Settings, report: Report) -> int:
    """Delete all objects of all buckets, every version of each. Returns how many."""
    s3, count = aws.client("s3", settings), 0
    for name in bucket_names(settings):
        here = 0
        for batch in _object_batches(s3, name):
            answer = s3.delete_objects(Bucket=name, Delete={"Objects": batch, "Quiet": True})
            if errors := answer.get("Errors"):
                raise StillThere(f"{name}/{errors[0]['Key']}: {errors[0]['Message']}")
            here += len(batch)
            report(f"Emptying {name}: {here} objects")
        count += here
    return count


def _object_batches(s3: S3Client, bucket: str) -> Iterator[list[ObjectIdentifierTypeDef]]:
    """Up to 1,000 objects at a time, as S3 deletes them at once."""
    try:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
            batch: list[ObjectIdentifierTypeDef] = [
                {"Key": one["Key"], "VersionId": one["VersionId"]} for one in found
            ]
            if batch:
                yield batch
    except ClientError as error:
        if error_code(error) not in ("NoSuchBucket", "404"):
            raise


def delete_images(settings: Settings, report: Report) -> int:
    """Deregister the images that bakeami made for this system, and delete their snapshots."""
    ec2 = aws.client("ec2", settings)
    ours = aws.filters({f"tag:{SYSTEM_TAG}": [settings.faceweb_id]})
    images = ec2.describe_images(Owners=["self"], Filters=ours)["Images"]
    for image in images:
        report(f"Deleting the image {image.get('Name', image['ImageId'])}")
        delete_image(ec2, image)
    return len(images)


def delete_image(ec2: EC2Client, image: ImageTypeDef) -> None:
    """Deregister one image of DescribeImages, and delete its snapshots."""
    try:
        ec2.deregister_image(ImageId=image["ImageId"])
    except ClientError as error:
        if not error_code(error).startswith("InvalidAMIID"):  # EC2 may list one that has gone
            raise
    for snapshot in snapshots_of(image):
        _delete_snapshot(ec2, snapshot)


def snapshots_of(image: ImageTypeDef) -> list[str]:
    """Ids of the snapshots behind an image's disks."""
    disks = (device.get("Ebs", {}) for device in image.get("BlockDeviceMappings", ()))
    return [disk["SnapshotId"] for disk in disks if disk.get("SnapshotId")]


def _delete_snapshot(ec2: EC2Client, snapshot: str) -> None:
    """EC2 may hold it for an image that has just gone, and not know it any more itself."""
    try:
        settled(lambda: ec2.delete_snapshot(SnapshotId=snapshot), late=".InUse")
    except ClientError as error:
        if error_code(error) != "InvalidSnapshot.NotFound":
            raise


def delete_parameters(settings: Settings) -> int:
    """Delete what is beside the stack's own parameters under `/<ID>/`: secrets, mostly."""
    ssm = aws.client("ssm", settings)
    pages = ssm.get_paginator("get_parameters_by_path").paginate(
        Path=f"/{settings.faceweb_id}/", Recursive=True
    )
    names = [parameter["Name"] for page in pages for parameter in page["Parameters"]]
    for name in names:
        with suppress(ssm.exceptions.ParameterNotFound):  # SSM may list one that has gone
            ssm.delete_parameter(Name=name)
    return len(names)


Resources = Callable[[str], list[str]]
"""Physical ids of the stack's resources of a type."""


def end_web_group(settings: Settings, stack_resources: Resources) -> None:
    """Have no web instance come back that is ended now."""
    scaling = aws.client("autoscaling", settings)
    for name in stack_resources("AWS::AutoScaling::AutoScalingGroup"):
        empty = partial(scaling.update_auto_scaling_group, MinSize=0, MaxSize=0, DesiredCapacity=0)
        settled(partial(empty, AutoScalingGroupName=name), late="ScalingActivityInProgress")


def unprotect_database(settings: Settings, stack_resources: Resources) -> None:
    """Let the stack's databases be deleted: they are protected against anything else."""
    rds = aws.client("rds", settings)
    for name in stack_resources("AWS::RDS::DBInstance"):
        unprotect = partial(rds.modify_db_instance, DeletionProtection=False, ApplyImmediately=True)
        # One that is being backed up or changed takes nothing until that is done.
        settled(partial(unprotect, DBInstanceIdentifier=name), late="InvalidDBInstanceState")


def delete_snapshots(settings: Settings, report: Report, volumes: Sequence[str]) -> int:
    """Delete what the stack's end, and its days, left of disks and databases: they hold faces.

    CloudFormation gives a volume's last snapshot no tag, so it is found by its volume.
    """
    ec2, disks = aws.client("ec2", settings), _disk_snapshots(settings, volumes)
    for snapshot in disks:
        report(f"Deleting the snapshot {snapshot}")
        _delete_snapshot(ec2, snapshot)
    rds, databases = aws.client("rds", settings), _database_snapshots(settings)
    for name in databases:
        report(f"Deleting the snapshot {name}")
        delete = partial(rds.delete_db_snapshot, DBSnapshotIdentifier=name)
        settled(delete, late="InvalidDBSnapshotState")
    return len(disks) + len(databases)


def _disk_snapshots(settings: Settings, volumes: Sequence[str] = ()) -> list[str]:
    ec2 = aws.client("ec2", settings)
    wanted: dict[str, Sequence[str]] = {f"tag:{SYSTEM_TAG}": [settings.faceweb_id]}
    if volumes:
        wanted["volume-id"] = volumes
    found = {
        one["SnapshotId"]
        for each in aws.filters(wanted)
        for one in ec2.describe_snapshots(OwnerIds=["self"], Filters=[each])["Snapshots"]
    }
    return sorted(found)


def _database_snapshots(settings: Settings) -> list[str]:
    pages = aws.client("rds", settings).get_paginator("describe_db_snapshots")
    return [
        one["DBSnapshotIdentifier"]
        for page in pages.paginate(SnapshotType="manual")
        for one in page["DBSnapshots"]
        if {"Key": SYSTEM_TAG, "Value": settings.faceweb_id} in one.get("TagList", ())
    ]


def left_over(settings: Settings) -> list[str]:
    """What still bears the system's name, for the last words of a removal."""
    left = [f"instance {one}" for one in _instances(aws.client("ec2", settings), settings)]
    s3 = aws.client("s3", settings)
    names = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    left += [f"bucket {name}" for name in bucket_names(settings) if name in names]
    queues = aws.client("sqs", settings).list_queues(QueueNamePrefix=f"{settings.faceweb_id}-")
    left += [f"queue {url.rpartition('/')[2]}" for url in queues.get("QueueUrls", ())]
    ours = aws.filters({f"tag:{SYSTEM_TAG}": [settings.faceweb_id]})
    ec2 = aws.client("ec2", settings)
    images = ec2.describe_images(Owners=["self"], Filters=ours)["Images"]
    left += [f"image {image['ImageId']}" for image in images]
    left += [f"snapshot {name}" for name in _database_snapshots(settings)]
    return left + [f"snapshot {one}" for one in _disk_snapshots(settings)]
