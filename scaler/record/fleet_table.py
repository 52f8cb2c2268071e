"""What `manage.py fleet` shows: names and places of EC2's own description, and one look."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.db import DatabaseError

from foundation import aws
from foundation.config import Settings
from foundation.fleet import lifecycle
from scaler.binding import fleet_of, functions_of, observer
from scaler.deciding.values import Instance, Observation, Phase
from scaler.instances.ec2 import phase_of
from scaler.instances.launching import number_of
from scaler.models import Kind, Lifeline, Look
from scaler.record.report import FleetRow

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import InstanceTypeDef


class FleetTable:
    """Looks at the fleet for people."""

    def __init__(self, settings: Settings, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._observer = observer(settings, fleet_of(settings), functions_of(settings))

    def look(self) -> tuple[list[FleetRow], Observation, str]:
        """Rows by number, the look, and the last decision's reason. Raises botocore's errors."""
        ec2 = aws.client("ec2", self._settings)
        fleet = self._settings.faceweb_id
        described = lifecycle.describe_fleet(ec2, fleet, lifecycle.LIVING_STATES)
        seen = self._observer.look().observation
        known = {one.id: one for one in seen.instances or ()}
        rows = [_row(one, known.get(one["InstanceId"]), self._clock()) for one in described]
        rows.sort(key=lambda row: (number_of(row.name) or 0, row.id))
        return [*rows, *_functions(self._clock())], seen, last_decision()


def _row(described: InstanceTypeDef, known: Instance | None, now: float) -> FleetRow:
    tags = lifecycle.tags_of(described)
    busy = known.last_busy_at if known else None
    zone = described.get("Placement", {}).get("AvailabilityZone", "")
    return FleetRow(
        name=tags.get(lifecycle.NAME_TAG, "(no name)"),
        id=str(described["InstanceId"]),
        phase=phase_of(described["State"]["Name"], tags),
        age_seconds=now - described["LaunchTime"].timestamp(),
        silent_seconds=None if busy is None else now - busy,
        place=f"{described.get('InstanceType', '')} {zone}".strip(),
    )


def _functions(now: float) -> list[FleetRow]:
    runs = Lifeline.objects.filter(kind=Kind.FUNCTION, ended_at=None).order_by("launched_at")
    return [
        FleetRow(
            name="function",
            id=name,
            phase=Phase.BOOTING if began is None else Phase.READY,
            age_seconds=now - invoked.timestamp(),
            silent_seconds=None,
            place="",
            kind=Kind.FUNCTION,
        )
        for name, invoked, began in runs.values_list("pk", "launched_at", "ready_at")
    ]


def last_decision() -> str:
    """The newest decision that changed something, in words."""
    try:
        newest = Look.objects.filter(changed=True).order_by("-at").first()
    except DatabaseError as error:
        return f"unknown ({error})"
    return str(newest) if newest else "none yet"
