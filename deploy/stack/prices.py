"""What the stack costs an hour: idle, and with the whole fleet at work. Pure.

The machines' prices are those of `scaler.instances.prices`.
"""

from __future__ import annotations

from dataclasses import dataclass

from deploy.stack.template import Values
from scaler.instances.prices import (
    APP_DISK_GB,
    HOURS_PER_MONTH,
    INSTANCE_HOUR,
    SPOT_SHARE,
    machine_hour,
)

REGION = "us-east-1"
ALARM_MONTH = 0.10
QUEUE_REQUEST = 0.40 / 1_000_000

WEB_DISK_GB = 20
METRICS_OF_ALARMS = 6
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
    has_web = bool(values["WebInstanceType"] and values["WebImageId"])
    kinds = [values["WebInstanceType"]] if has_web else []
    web = sum(machine_hour(kind, WEB_DISK_GB) for kind in kinds)
    idle = web + ALARM_MONTH * METRICS_OF_ALARMS / HOURS_PER_MONTH + QUEUE_REQUEST * WEB_POLLS_HOUR
    app = values["AppInstanceTypes"].split(",")[0].strip() or values["AppInstanceType"]
    instances = int(values["FleetMaximum"])
    share = SPOT_SHARE if values["SpotInstances"] == "yes" else 1.0
    each = machine_hour(app, APP_DISK_GB, share)
    unknown = tuple(kind for kind in [*kinds, app] if kind not in INSTANCE_HOUR)
    return Estimate(idle=idle, busy=idle + instances * each, instances=instances, unknown=unknown)


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
