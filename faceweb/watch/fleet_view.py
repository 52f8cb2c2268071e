"""The fleet as API and page show it: queues, instances, and what the scaler last decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from django.db.models import Count
from django.db.models.functions import TruncMinute

from faceweb.models import Job
from faceweb.replies import queues
from faceweb.watch.fleet_charts import Sample
from foundation import aws
from foundation.config import Settings
from scaler.models import Look

DECISIONS = 20
PREFIX = "app-tier-instance"


def fleet_now(settings: Settings) -> dict[str, Any]:
    """Queue depths, app instances and the newest decisions. Raises botocore's errors."""
    named = {
        "request": queues.request_queue,
        "response": queues.response_queue,
        "dead_letter": queues.dead_letter_queue,
    }
    described = instances(settings)
    return {
        "queues": {name: queue(settings).depth() for name, queue in named.items()},
        "instances": described,
        "states": by_state(described),
        "decisions": list(Look.objects.all()[:DECISIONS]),
    }


def instances(settings: Settings) -> list[dict[str, Any]]:
    """App instances that are not gone yet; none where EC2 may not be asked."""
    filters = [{"Name": "tag:Name", "Values": [f"{PREFIX}*"]}]
    try:
        pages = aws.client("ec2", settings).get_paginator("describe_instances")
        described = [
            instance
            for page in pages.paginate(Filters=filters)
            for reservation in page["Reservations"]
            for instance in reservation["Instances"]
        ]
    except (BotoCoreError, ClientError):
        return []
    shown = [_shown(one) for one in described if one["State"]["Name"] != "terminated"]
    return sorted(shown, key=lambda one: (len(one["name"]), one["name"]))


def _shown(described: dict[str, Any]) -> dict[str, Any]:
    tags = {tag["Key"]: tag["Value"] for tag in described.get("Tags", [])}
    return {
        "id": described["InstanceId"],
        "name": tags.get("Name", ""),
        "state": described["State"]["Name"],
        "since": described.get("LaunchTime"),
    }


def by_state(instances: Iterable[dict[str, Any]]) -> dict[str, int]:
    """How many instances are in each state, the commonest first."""
    return dict(Counter(one["state"] for one in instances).most_common())


def last_hour(until: datetime) -> list[Sample]:
    """What the scaler saw in the hour before, oldest first."""
    since = until - timedelta(hours=1)
    looks = Look.objects.filter(at__range=(since, until), visible__isnull=False).order_by("at")
    return [
        Sample(
            at=look.at,
            queued=(look.visible or 0) + (look.in_flight or 0),
            instances=(look.booting or 0) + (look.ready or 0) + (look.leaving or 0),
        )
        for look in looks.defer("observation", "state", "limits", "decision")
    ]


def answered_by_minute(until: datetime) -> dict[datetime, int]:
    """How many pictures were answered in each minute of the hour before, oldest first."""
    since = until - timedelta(hours=1)
    answered = Job.objects.filter(answered_at__range=(since, until)).order_by()
    minutes = answered.annotate(minute=TruncMinute("answered_at")).values("minute")
    counted = minutes.annotate(count=Count("pk")).order_by("minute")
    return {row["minute"]: row["count"] for row in counted}
