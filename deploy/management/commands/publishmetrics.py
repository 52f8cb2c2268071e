"""`manage.py publishmetrics`: tell CloudWatch how large the fleet is, for the stack's alarm."""

from __future__ import annotations

from django.core.management.base import BaseCommand

from deploy.management.errors import told_to_operators
from foundation import aws, lifecycle
from foundation.config import get_settings

NAMESPACE = "faceweb"
METRIC = "FleetInstances"
DIMENSION = "System"
RUNNING = ("pending", "running")


class Command(BaseCommand):
    help = (
        "Send the number of app instances to CloudWatch once, as the metric FleetInstances: the "
        "alarm for a fleet that stays at its maximum looks at it. A timer runs this every minute."
    )

    def handle(self, *args: object, **options: object) -> None:
        settings = get_settings()
        with told_to_operators("Interrupted."):
            ec2 = aws.client("ec2", settings)
            count = len(lifecycle.describe_fleet(ec2, settings.faceweb_id, RUNNING))
            aws.client("cloudwatch", settings).put_metric_data(
                Namespace=NAMESPACE,
                MetricData=[
                    {
                        "MetricName": METRIC,
                        "Dimensions": [{"Name": DIMENSION, "Value": settings.faceweb_id}],
                        "Value": count,
                        "Unit": "Count",
                    }
                ],
            )
        self.stdout.write(f"{count} app instances.")
