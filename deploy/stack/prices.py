"""What the stack costs an hour: idle, and with the whole fleet at work. Pure.

The machines' prices are those of `scaler.instances.prices`.
"""

from dataclasses import dataclass

from deploy.stack.template import Values
from scaler.instances.prices import (
    ADDRESS_HOUR,
    APP_DISK_GB,
    DISK_GB_MONTH,
    HOURS_PER_MONTH,
    INSTANCE_HOUR,
    SPOT_SHARE,
    machine_hour,
)

REGION = "us-east-1"
ALARM_MONTH = 0.10
QUEUE_REQUEST = 0.40 / 1_000_000

SNAPSHOT_GB_MONTH = 0.05
DATABASE_HOUR = {
    "db.t4g.micro": 0.016, "db.t4g.small": 0.032, "db.t4g.medium": 0.065, "db.t4g.large": 0.129,
    "db.m7g.large": 0.168, "db.m7g.xlarge": 0.337,
}  # fmt: skip
DATABASE_GB_MONTH = 0.115  # gp3, in one zone; backups of the same size are free
BALANCER_HOUR, BALANCER_UNIT_HOUR = 0.0225, 0.008  # and each unit of load
S3_PUT, S3_GET, S3_GB_MONTH = 0.005 / 1000, 0.0004 / 1000, 0.023
ENDPOINT_HOUR = 0.01  # of one service in one zone
ENDPOINTS, ZONES = 6, 2
CHANGED_SHARE = 0.05
"""A daily snapshot holds about so much of the volume: what changed since the day before."""

WEB_DISK_GB = 16
WEB_INSTANCES = {"small": 1, "standard": 2, "private": 2}
METRICS_OF_ALARMS = 10
WEB_POLLS_HOUR = 3600 / 3 + 2 * 3600 / 2
"""Long polls of the response queue, and two looks of the scaler each two seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Dollars an hour. `unknown` are instance types that have no price here."""

    idle: float
    busy: float
    instances: int
    unknown: tuple[str, ...]


def estimate(values: Values) -> Estimate:
    """The cost of a stack with these parameters, without pictures' storage."""
    app = values["AppInstanceTypes"].split(",")[0].strip() or values["AppInstanceType"]
    instances = int(values["FleetMaximum"])
    share = SPOT_SHARE if values["SpotInstances"] == "yes" else 1.0
    is_private = values["Size"] == "private"
    each = machine_hour(app, APP_DISK_GB, share) - (ADDRESS_HOUR if is_private else 0)
    idle = (
        _web(values)
        + _data(values)
        + _database(values)
        + (BALANCER_HOUR + BALANCER_UNIT_HOUR if values["Size"] != "small" else 0)
        + (ADDRESS_HOUR * ZONES if values["Size"] == "standard" else 0)
        + (ENDPOINT_HOUR * ENDPOINTS * ZONES if is_private else 0)
        + ALARM_MONTH * METRICS_OF_ALARMS / HOURS_PER_MONTH
        + QUEUE_REQUEST * WEB_POLLS_HOUR
    )
    kinds = [*([values["WebInstanceType"]] if values["WebInstanceType"] else []), app]
    return Estimate(
        idle=idle,
        busy=idle + instances * each,
        instances=instances,
        unknown=tuple(kind for kind in kinds if kind not in INSTANCE_HOUR)
        + tuple(kind for kind in _database_kinds(values) if kind not in DATABASE_HOUR),
    )


def _web(values: Values) -> float:
    if not (values["WebInstanceType"] and values["WebImageId"]):
        return 0.0
    address = ADDRESS_HOUR if values["Size"] == "private" else 0.0
    each = machine_hour(values["WebInstanceType"], WEB_DISK_GB) - address
    return WEB_INSTANCES[values["Size"]] * each


def _data(values: Values) -> float:
    """The data volume of size small, and its snapshots."""
    if values["Size"] != "small" or not values["WebInstanceType"]:
        return 0.0
    days = 1 + CHANGED_SHARE * int(values["DaysOfSnapshots"])
    a_month = DISK_GB_MONTH + SNAPSHOT_GB_MONTH * days
    return int(values["DataVolumeGb"]) * a_month / HOURS_PER_MONTH


def _database_kinds(values: Values) -> list[str]:
    has_one = values["Size"] != "small" or values["Moving"] == "yes"
    return [values["DatabaseClass"]] if has_one else []


def _database(values: Values) -> float:
    zones = 2 if values["DatabaseInTwoZones"] == "yes" else 1
    disk = int(values["DatabaseGb"]) * DATABASE_GB_MONTH / HOURS_PER_MONTH
    return sum(zones * (DATABASE_HOUR.get(kind, 0.0) + disk) for kind in _database_kinds(values))


def in_words(costs: Estimate, region: str) -> str:
    """The estimate as a sentence or three."""
    words = (
        f"Costs about ${costs.idle:.3f} an hour idle "
        f"(${costs.idle * HOURS_PER_MONTH:.0f} a month), "
        f"${costs.busy:.2f} an hour with all {costs.instances} app instances; "
        "pictures, requests and videos beside it."
    )
    if region != REGION:
        words += f" These are the prices of {REGION}; {region} has others."
    if costs.unknown:
        words += f" Without {', '.join(costs.unknown)}, whose price is not known here."
    return words
