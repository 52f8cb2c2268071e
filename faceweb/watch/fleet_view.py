"""The fleet as it is now: queues, instances, functions, and what the scaler last decided."""

from collections import Counter
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from faceweb.replies import queues
from foundation import aws
from foundation.aws.typed import InstanceTypeDef
from foundation.config import Settings
from foundation.fleet import lifecycle
from scaler.instances.ec2 import phase_of
from scaler.models import Kind, Lifeline, Look

Shown = dict[str, Any]
"""The fleet, an instance or a function, as pages and API show it."""

DECISIONS = 20


def fleet_now(settings: Settings) -> Shown:
    """Queue depths, app instances, functions and the newest decisions. Raises botocore's errors."""
    named = {
        "request": queues.request_queue,
        "response": queues.response_queue,
        "dead_letter": queues.dead_letter_queue,
    }
    described = instances(settings)
    return {
        "queues": {name: queue(settings).depth() for name, queue in named.items()},
        "instances": described,
        "states": dict(Counter(one["state"] for one in described).most_common()),
        "functions": functions(),
        "decisions": list(Look.objects.all()[:DECISIONS]),
    }


def instances(settings: Settings) -> list[Shown]:
    """App instances that are not gone yet; none where EC2 may not be asked."""
    try:
        ec2, states = aws.client("ec2", settings), (*lifecycle.LIVING_STATES, "shutting-down")
        described = lifecycle.describe_fleet(ec2, settings.faceweb_id, states)
    except (BotoCoreError, ClientError):
        return []
    return sorted(map(_shown, described), key=lambda one: (len(one["name"]), one["name"]))


def functions() -> list[Shown]:
    """The runs of functions that have not ended, the oldest first."""
    runs = Lifeline.objects.filter(kind=Kind.FUNCTION, ended_at=None).order_by("launched_at")
    return [
        {"id": name, "state": "starting" if began is None else "ready", "since": began or invoked}
        for name, invoked, began in runs.values_list("pk", "launched_at", "ready_at")
    ]


def _shown(described: InstanceTypeDef) -> Shown:
    tags = lifecycle.tags_of(described)
    return {
        "id": described["InstanceId"],
        "name": tags.get("Name", ""),
        "state": described["State"]["Name"],
        "phase": phase_of(described["State"]["Name"], tags),
        "since": described.get("LaunchTime"),
    }
