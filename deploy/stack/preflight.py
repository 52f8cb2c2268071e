"""What would make the stack fail after minutes, found in seconds."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import cast

from botocore.exceptions import BotoCoreError, ClientError

from deploy.stack.template import Template, Values
from foundation import aws
from foundation.aws import error_code
from foundation.aws.typed import EC2Client, ImageTypeDef, InstanceTypeType, RouteTableTypeDef
from foundation.config import Settings

VCPU_QUOTAS = {"no": "L-1216C47A", "yes": "L-34B43A08"}
"""Quotas of running standard instances in vCPUs: on demand, and by SpotInstances=yes."""

ZONES_OF_A_BALANCER = 2

ANOTHERS_BUCKET = ("403", "301", "AccessDenied", "PermanentRedirect")
"""HeadBucket's answers about a bucket of another account, or of another region."""

SPOT = "spot.amazonaws.com"


class NotReady(Exception):
    """Something is missing or in the way; the text says what to do."""


def network(settings: Settings, instance_type: str) -> dict[str, str]:
    """The account's default network as parameters. Raises NotReady where none can be used.

    One subnet a zone, of the zones that offer the instance type. Instances must reach AWS, so a
    subnet gives public addresses, or its route to the outside is a NAT.
    """
    ec2 = aws.client("ec2", settings)
    found = ec2.describe_vpcs(Filters=aws.filters({"is-default": ["true"]}))["Vpcs"]
    if not found:
        raise NotReady(
            "This region has no default network: name one with -p VpcId=vpc-... "
            "-p SubnetIds=subnet-...,subnet-..."
        )
    vpc = found[0]["VpcId"]
    in_vpc = aws.filters({"vpc-id": [vpc]})
    subnets = ec2.describe_subnets(Filters=in_vpc)["Subnets"]
    routes = ec2.describe_route_tables(Filters=in_vpc)["RouteTables"]
    zones = _zones_with(instance_type, ec2)
    by_zone = {
        subnet["AvailabilityZone"]: subnet["SubnetId"]
        for subnet in subnets
        if subnet["AvailabilityZone"] in zones
        and (subnet["MapPublicIpOnLaunch"] or has_nat(subnet["SubnetId"], routes))
    }
    if not by_zone:
        raise NotReady(
            f"No subnet of the default network {vpc} can be used: none is in a zone that offers "
            f"{instance_type} and gives public addresses or has a NAT. Name some with "
            "-p VpcId=vpc-... -p SubnetIds=subnet-...,subnet-..."
        )
    return {"VpcId": vpc, "SubnetIds": ",".join(by_zone[zone] for zone in sorted(by_zone))}


def _zones_with(instance_type: str, ec2: EC2Client) -> set[str]:
    offers = ec2.describe_instance_type_offerings(
        LocationType="availability-zone", Filters=aws.filters({"instance-type": [instance_type]})
    )
    return {offer["Location"] for offer in offers["InstanceTypeOfferings"]}


def has_nat(subnet: str, route_tables: Sequence[RouteTableTypeDef]) -> bool:
    """Whether a subnet's route table, or else the network's main one, leads out through a NAT."""
    main: RouteTableTypeDef = {}
    for table in route_tables:
        for association in table["Associations"]:
            if association.get("SubnetId") == subnet:
                return _leads_through_nat(table)
            if association.get("Main"):
                main = table
    return _leads_through_nat(main)


def _leads_through_nat(table: RouteTableTypeDef) -> bool:
    return any(
        route.get("DestinationCidrBlock") == "0.0.0.0/0" and "NatGatewayId" in route
        for route in table.get("Routes", ())
    )


def more_of_the_network(values: Values, settings: Settings) -> dict[str, str]:
    """What the template must know of the first subnet: its zone, and its network's addresses.

    Raises NotReady where no balancer or database could be in the subnets.
    """
    names = [name.strip() for name in values["SubnetIds"].split(",")]
    ec2 = aws.client("ec2", settings)
    try:
        subnets = ec2.describe_subnets(SubnetIds=names)["Subnets"]
        vpc = ec2.describe_vpcs(VpcIds=[values["VpcId"]])["Vpcs"][0]
    except ClientError as error:
        raise NotReady(f"VpcId and SubnetIds: {error.response['Error']['Message']}") from None
    zones = {subnet["SubnetId"]: subnet["AvailabilityZone"] for subnet in subnets}
    if values["Size"] == "standard" and len(set(zones.values())) < ZONES_OF_A_BALANCER:
        raise NotReady("Size standard needs SubnetIds in two zones: the balancer asks for them.")
    found = {"DataZone": zones[names[0]]}
    return found if values["Size"] == "private" else {**found, "NetworkCidr": vpc["CidrBlock"]}


def check_data_zone(kept: Values, values: Values) -> None:
    """A volume stays in its zone. Raises NotReady for a change that would leave it behind empty."""
    before, after = kept.get("DataZone"), values["DataZone"]
    if values["Size"] == "small" and before and before != after and not values["DataSnapshotId"]:
        raise NotReady(
            f"The data volume is in {before}, and the first of SubnetIds in {after}. Put the "
            "subnet of that zone first. Or make the volume again, of a snapshot: "
            "-p DataSnapshotId=snap-..."
        )


def check_certificate(values: Values) -> None:
    """Raises NotReady for a balancer that would have no certificate."""
    if values["Size"] == "small":
        return
    if not values["DomainName"] or not (values["CertificateArn"] or values["HostedZoneId"]):
        raise NotReady(
            f"Size {values['Size']} answers by HTTPS alone. Give -p DomainName=faces.example.org, "
            "and -p HostedZoneId=Z... (its zone in Route 53) or -p CertificateArn=arn:... (of ACM)."
        )


def check_https(values: Values) -> None:
    """Raises NotReady for a web tier that everybody reaches over plain HTTP."""
    if values["AllowFrom"].endswith("/0") and not values["DomainName"]:
        raise NotReady(
            f"AllowFrom={values['AllowFrom']} lets everybody in over plain HTTP, keys and pictures "
            "for all to read. Give -p DomainName=faces.example.org, or a narrower range."
        )


def check_spot_role(values: Values, settings: Settings) -> None:
    """Spot instances need a role that EC2 itself uses. Raises NotReady where there is none."""
    if values["SpotInstances"] != "yes":
        return
    try:
        found = aws.client("iam", settings).list_roles(PathPrefix=f"/aws-service-role/{SPOT}/")
    except ClientError:
        return  # who may not ask is told by EC2 itself, when an instance is launched
    if not found["Roles"]:
        raise NotReady(
            "The account has no role for spot instances, without which none starts. Make it once: "
            f"aws iam create-service-linked-role --aws-service-name {SPOT}"
        )


def check_images(values: Values, settings: Settings) -> None:
    """Raises NotReady for an image that is not there, or is of another architecture."""
    for parameter, types in (("AppImageId", "AppInstanceType"), ("WebImageId", "WebInstanceType")):
        image = values[parameter]
        if not image:
            continue
        try:
            found = aws.client("ec2", settings).describe_images(ImageIds=[image])["Images"]
        except ClientError as error:
            raise NotReady(f"{parameter}: {error.response['Error']['Message']}") from None
        if not found:
            raise NotReady(f"{parameter}: there is no image {image} in {settings.aws_region}.")
        _check_architecture(found[0], values[types], parameter, settings)


def _check_architecture(
    image: ImageTypeDef, instance_type: str, parameter: str, settings: Settings
) -> None:
    if not instance_type:
        return
    ec2 = aws.client("ec2", settings)
    try:
        kind = cast(InstanceTypeType, instance_type)
        about = ec2.describe_instance_types(InstanceTypes=[kind])["InstanceTypes"]
    except ClientError as error:
        raise NotReady(f"{instance_type}: {error.response['Error']['Message']}") from None
    supported = about[0].get("ProcessorInfo", {}).get("SupportedArchitectures", []) if about else []
    if supported and image["Architecture"] not in supported:
        raise NotReady(
            f"{parameter} {image['ImageId']} is for {image['Architecture']}, "
            f"and {instance_type} runs {' and '.join(supported)}."
        )


def check_names_are_free(template: Template, values: Values, settings: Settings) -> None:
    """Raises NotReady where a queue or bucket of that name is there and is not the stack's."""
    existing = [*_existing_queues(settings), *_existing_buckets(settings)]
    if existing:
        raise NotReady(
            f"These names are taken, by this account or another: {', '.join(sorted(existing))}. "
            f"Remove them, or choose another prefix, such as FACEWEB_ID={own_prefix(settings)}."
        )


def own_prefix(settings: Settings) -> str:
    """A prefix that is hardly taken: the names of buckets are shared by all accounts."""
    account = aws.client("sts", settings).get_caller_identity()["Account"]
    return f"{settings.faceweb_id}-{hashlib.sha256(account.encode()).hexdigest()[:6]}"


def _existing_queues(settings: Settings) -> Iterator[str]:
    sqs = aws.client("sqs", settings)
    found = sqs.list_queues(QueueNamePrefix=f"{settings.faceweb_id}-").get("QueueUrls", [])
    ours = {
        settings.request_queue,
        settings.response_queue,
        settings.dead_letter_queue,
        settings.video_dead_letter_queue,
    }
    yield from ours & {url.rpartition("/")[2] for url in found}


def _existing_buckets(settings: Settings) -> Iterator[str]:
    """A bucket's name is free only if it is nobody's in the world."""
    s3 = aws.client("s3", settings)
    for name in bucket_names(settings):
        try:
            s3.head_bucket(Bucket=name)
        except ClientError as error:
            if error_code(error) in ("404", "NoSuchBucket"):
                continue
            if error_code(error) not in ANOTHERS_BUCKET:
                raise
        yield name


def bucket_names(settings: Settings) -> list[str]:
    """Every bucket of the stack."""
    return [*settings.buckets, f"{settings.faceweb_id}-releases"]


def quota_warning(values: Values, settings: Settings) -> str | None:
    """A warning where the account may not run the whole fleet, or where that is unknown."""
    name = values["AppInstanceTypes"].split(",")[0].strip() or values["AppInstanceType"]
    kind, code = cast(InstanceTypeType, name), VCPU_QUOTAS[values["SpotInstances"]]
    try:
        about = aws.client("ec2", settings).describe_instance_types(InstanceTypes=[kind])
        vcpus = about["InstanceTypes"][0]["VCpuInfo"]["DefaultVCpus"]
        quotas = aws.client("service-quotas", settings)
        quota = quotas.get_service_quota(ServiceCode="ec2", QuotaCode=code)["Quota"]["Value"]
    except (BotoCoreError, ClientError, KeyError, IndexError):
        return "Whether the account's quota allows the whole fleet could not be found out."
    needed = vcpus * int(values["FleetMaximum"])
    if needed <= quota:
        return None
    return (
        f"The whole fleet needs {needed} vCPUs, and the account's quota is {quota:g}: ask AWS for "
        f"more (Service Quotas, {code}), or lower FleetMaximum."
    )
