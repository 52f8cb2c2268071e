"""`manage.py logs`: what the instances on AWS wrote, in one place."""

import re
import time
from datetime import UTC, datetime
from json import dumps

from botocore.exceptions import ClientError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from deploy.instance.journal import log_group
from deploy.management.errors import translate_errors
from foundation import aws
from foundation.aws import error_code
from foundation.aws.typed import (
    CloudWatchLogsClient,
    FilteredLogEventTypeDef,
    FilterLogEventsRequestPaginateTypeDef,
)
from foundation.config import Settings, get_settings

UNITS = {"m": 60, "h": 3600, "d": 86400}
LOOK_SECONDS = 2.0
LATE_MILLISECONDS = 60_000
"""A line may come to CloudWatch so much later than a newer one of another instance."""


class Command(BaseCommand):
    help = (
        "Print what the web and app instances on AWS wrote, oldest first, from CloudWatch Logs. "
        "Lines come there within some seconds, and stay for LogRetentionDays."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--instance", metavar="ID", help="of this instance alone")
        parser.add_argument("--job", metavar="ID", help="lines that name this job")
        parser.add_argument("--since", default="1h", metavar="TIME", help="30m, 6h, 2d (1h)")
        parser.add_argument("--follow", action="store_true", help="go on with new lines")
        parser.add_argument("--json", action="store_true", help="a JSON object a line")

    def handle(
        self, *args: object, instance: str | None, job: str | None, since: str, follow: bool,
        json: bool, **options: object,
    ) -> None:  # fmt: skip
        """Print the lines. Raises CommandError where there is no log yet."""
        settings = get_settings()
        began = max(int((time.time() - seconds_of(since)) * 1000), 0)
        question = _question(settings, instance, job)
        question["startTime"] = began
        with translate_errors("Interrupted."):
            try:
                count = self._print(aws.client("logs", settings), question, follow, json)
            except ClientError as error:
                if error_code(error) != "ResourceNotFoundException":
                    raise
                raise CommandError(
                    f"There is no log of {instance or settings.faceweb_id} (yet). "
                    "`manage.py provision` makes it, and instances fill it from their start."
                ) from None
        if not count:
            self.stderr.write(f"Nothing was written in the last {since}.")

    def _print(
        self, client: CloudWatchLogsClient, question: FilterLogEventsRequestPaginateTypeDef,
        follow: bool, as_json: bool,
    ) -> int:  # fmt: skip
        count, before = 0, dict[str, int]()
        while True:
            seen: dict[str, int] = {}
            for page in client.get_paginator("filter_log_events").paginate(**question):
                for event in page["events"]:
                    if event["eventId"] not in before:
                        count += 1
                        self._write(event, as_json)
                    seen[event["eventId"]] = event["timestamp"]
            if not follow:
                return count
            newest = max(seen.values(), default=0)
            question["startTime"] = max(question["startTime"], newest - LATE_MILLISECONDS)
            before = seen
            time.sleep(LOOK_SECONDS)

    def _write(self, event: FilteredLogEventTypeDef, as_json: bool) -> None:
        at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
        stream, text = event["logStreamName"], event["message"]
        if as_json:
            line = {"at": at.isoformat(), "instance": stream, "text": text}
            self.stdout.write(dumps(line))
        else:
            self.stdout.write(f"{at:%m-%d %H:%M:%S}  {stream}  {text}")
        self.stdout.flush()


def seconds_of(text: str) -> int:
    """Raises CommandError for what is no time."""
    found = re.fullmatch(r"(\d{1,6})([mhd])", text)
    if not found:
        raise CommandError(f"--since={text} is no time: give minutes, hours or days, as in 30m.")
    return int(found[1]) * UNITS[found[2]]


def _question(
    settings: Settings, instance: str | None, job: str | None
) -> FilterLogEventsRequestPaginateTypeDef:
    question: FilterLogEventsRequestPaginateTypeDef = {
        "logGroupName": log_group(settings.faceweb_id)
    }
    if instance:
        question["logStreamNames"] = [instance]
    if job:
        question["filterPattern"] = f'"{job}"'
    return question
