"""What `manage.py fleet` shows: names and places of EC2's own description, and one look."""

import time

from django.db import DatabaseError

from foundation import aws
from foundation.aws.typed import InstanceTypeDef
from foundation.config import Settings
from foundation.fleet import lifecycle
from scaler.deciding.values import Instance, Observation, Phase
from scaler.instances.ec2 import phase_of
from scaler.instances.launching import number_of
from scaler.models import Kind, Lifeline, Look
from scaler.observing import Observer
from scaler.record.report import FleetRow


def look(settings: Settings, looks: Observer) -> tuple[list[FleetRow], Observation, str]:
    """Rows by number, the look, and the last decision's reason. Raises botocore's errors."""
    ec2, now = aws.client("ec2", settings), time.time()
    described = lifecycle.describe_fleet(ec2, settings.faceweb_id, lifecycle.LIVING_STATES)
    seen = looks.look().observation
    known = {one.id: one for one in seen.instances or ()}
    rows = [_row(one, known.get(one["InstanceId"]), now) for one in described]
    rows.sort(key=lambda row: (number_of(row.name) or 0, row.id))
    return [*rows, *_functions(now)], seen, last_decision()


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
