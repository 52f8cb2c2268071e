"""`manage.py publishmetrics`: figures of fleet, disk, scaler and certificate, for alarms."""

import socket
import ssl
from datetime import UTC, datetime

import psutil
from django.core.management.base import BaseCommand, CommandParser
from django.db.models import Max
from django.utils import timezone

from deploy.management.errors import translate_errors
from foundation import aws
from foundation.aws.typed import StandardUnitType
from foundation.config import get_settings
from foundation.fleet import lifecycle
from scaler.models import Lease

NAMESPACE = "faceweb"
METRIC = "FleetInstances"
HTTPS_PORT = 443
TIMEOUT_SECONDS = 5.0
DIMENSION = "System"
NEVER_SECONDS = 3600.0
"""Told while no scaler ever looked."""

RUNNING = ("pending", "running")


class Command(BaseCommand):
    help = (
        "Send the number of app instances, the disk's use, the scaler's silence and the rest of "
        "the certificate's life to CloudWatch once, for the stack's alarms and dashboard. A timer "
        "runs this every minute."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--certificate-of", metavar="DOMAIN", default="",
            help="the name that Caddy on this machine answers under (none)",
        )  # fmt: skip

    def handle(self, *args: object, certificate_of: str, **options: object) -> None:
        settings = get_settings()
        with translate_errors("Interrupted."):
            ec2 = aws.client("ec2", settings)
            count = len(lifecycle.describe_fleet(ec2, settings.faceweb_id, RUNNING))
            used = psutil.disk_usage(str(settings.var_dir)).percent
            values: dict[str, tuple[float, StandardUnitType]] = {
                METRIC: (count, "Count"),
                "DiskUsedPercent": (used, "Percent"),
                "ScalerSilentSeconds": (silent_seconds(timezone.now()), "Seconds"),
            }
            if domain := certificate_of:
                values["CertificateDays"] = (days_left(domain, timezone.now()), "None")
            aws.client("cloudwatch", settings).put_metric_data(
                Namespace=NAMESPACE,
                MetricData=[
                    {
                        "MetricName": name,
                        "Dimensions": [{"Name": DIMENSION, "Value": settings.faceweb_id}],
                        "Value": value,
                        "Unit": unit,
                    }
                    for name, (value, unit) in values.items()
                ],
            )
        self.stdout.write(f"{count} app instances.")


def silent_seconds(now: datetime) -> float:
    """The seconds since anybody held the scaler's lease; a scaler that looks renews it."""
    last = Lease.objects.aggregate(last=Max("expires_at"))["last"]
    return max((now - last).total_seconds(), 0.0) if last else NEVER_SECONDS


def days_left(
    domain: str, now: datetime, port: int = HTTPS_PORT, trust: ssl.SSLContext | None = None
) -> float:
    """Days until the certificate of this machine's server ends.

    0 where clients get none that they can trust: no server, another name.

    Parameters:
        trust: the authorities that clients know; this machine's where it is None.
    """
    try:
        with (
            socket.create_connection(("127.0.0.1", port), TIMEOUT_SECONDS) as connection,
            (trust or ssl.create_default_context()).wrap_socket(
                connection, server_hostname=domain
            ) as shown,
        ):
            ends = ssl.cert_time_to_seconds(str((shown.getpeercert() or {})["notAfter"]))
    except (OSError, ValueError):  # ssl's errors are OSErrors
        return 0.0
    return max((datetime.fromtimestamp(ends, UTC) - now).total_seconds() / 86400, 0.0)
