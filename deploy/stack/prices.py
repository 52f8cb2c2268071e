"""What the stack costs an hour: idle, and with the whole fleet at work. Pure.

Prices are AWS's public ones for Linux on demand in us-east-1 in dollars, as its price list had
them in the summer of 2025; they were typed in by hand, not fetched. Other regions cost a few per
cent to a half more. No tax, no free tier, no data transfer.
"""

from __future__ import annotations

from dataclasses import dataclass

from deploy.stack.template import Values

REGION = "us-east-1"
HOURS_PER_MONTH = 730.0

INSTANCE_HOUR = {
    "t3.micro": 0.0104, "t3.small": 0.0208, "t3.medium": 0.0416, "t3.large": 0.0832,
    "t4g.micro": 0.0084, "t4g.small": 0.0168, "t4g.medium": 0.0336, "t4g.large": 0.0672,
    "c5.large": 0.085, "c5.xlarge": 0.17, "c6i.large": 0.085, "c6i.xlarge": 0.17,
    "c6g.large": 0.068, "c6g.xlarge": 0.136, "c7g.large": 0.0725, "c7g.xlarge": 0.145,
    "c7i.large": 0.08925, "c7i.xlarge": 0.1785, "c7i.2xlarge": 0.357,
    "c7a.large": 0.10264, "c7a.xlarge": 0.20528, "m7i.large": 0.1008, "m7g.large": 0.0816,
}  # fmt: skip
DISK_GB_MONTH = 0.08  # gp3
ADDRESS_HOUR = 0.005  # a public IPv4 address
ALARM_MONTH = 0.10
QUEUE_REQUEST = 0.40 / 1_000_000

APP_DISK_GB, WEB_DISK_GB = 16, 20
METRICS_OF_ALARMS = 6
WEB_POLLS_HOUR = 3600 / 3 + 2 * 3600 / 2
"""Long polls of the response queue, and two looks of the scaler each two seconds."""
SPOT_SHARE = 0.4
"""Spot instances cost about so much of the price on demand; it changes from hour to hour."""


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
    web = sum(_machine(kind, WEB_DISK_GB) for kind in kinds)
    idle = web + ALARM_MONTH * METRICS_OF_ALARMS / HOURS_PER_MONTH + QUEUE_REQUEST * WEB_POLLS_HOUR
    app = values["AppInstanceTypes"].split(",")[0].strip() or values["AppInstanceType"]
    instances = int(values["FleetMaximum"])
    share = SPOT_SHARE if values["SpotInstances"] == "yes" else 1.0
    each = _machine(app, APP_DISK_GB, share)
    unknown = tuple(kind for kind in [*kinds, app] if kind not in INSTANCE_HOUR)
    return Estimate(idle=idle, busy=idle + instances * each, instances=instances, unknown=unknown)


def _machine(kind: str, disk_gb: int, share: float = 1.0) -> float:
    disk = disk_gb * DISK_GB_MONTH / HOURS_PER_MONTH
    return INSTANCE_HOUR.get(kind, 0.0) * share + disk + ADDRESS_HOUR


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
