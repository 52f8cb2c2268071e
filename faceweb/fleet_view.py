"""The fleet as API and page show it: queues, instances, and what the scaler last decided."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from django.utils import timezone

from faceweb import queues
from scaler.models import Look
from workers import aws
from workers.config import Settings

DECISIONS = 20
PREFIX = "app-tier-instance"


def fleet_now(settings: Settings) -> dict[str, Any]:
    """Queue depths, app instances and the newest decisions. Raises botocore's errors."""
    named = {
        "request": queues.request_queue,
        "response": queues.response_queue,
        "dead_letter": queues.dead_letter_queue,
    }
    return {
        "queues": {name: queue(settings).depth() for name, queue in named.items()},
        "instances": instances(settings),
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


def last_hour() -> list[Look]:
    """What the scaler saw in the last hour, oldest first."""
    since = timezone.now() - timedelta(hours=1)
    return list(Look.objects.filter(at__gte=since).order_by("at").defer("observation", "state"))
