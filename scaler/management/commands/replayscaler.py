"""`manage.py replayscaler`: ask the policy again about what was recorded."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from scaler.history import steps
from scaler.management.arguments import add_limits, changed_limits, positive
from scaler.models import Look
from scaler.replaying import Compared, replay
from scaler.report import what


class Command(BaseCommand):
    help = (
        "Run the recorded history through the policy again, as it is now or with other limits "
        "(--max 10, --delay 30, ...), and show where the decisions differ."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_limits(parser)
        parser.add_argument(
            "--hours",
            type=positive,
            default=24 * 7.0,
            metavar="N",
            help="how far back (default: 168)",
        )
        parser.add_argument("--json", action="store_true", help="one JSON object as the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        since = timezone.now() - timedelta(hours=options["hours"])
        try:
            recorded = list(steps(Look.objects.filter(at__gte=since).order_by("at")))
        except DatabaseError as error:
            raise CommandError(f"The history can't be read: {error} (manage.py migrate?)") from None
        if not recorded:
            raise CommandError(
                "Nothing is recorded in that time: manage.py runscaler records while it runs."
            )
        compared = replay(recorded, changed_limits(options))
        differing = [pair for pair in compared if pair.differs]
        if differing:
            Console().print(_table(differing))
        self.stdout.write(f"{len(compared)} looks; {len(differing)} would be decided otherwise.")
        if options["json"]:
            self.stdout.write(json.dumps({"looks": len(compared), "differing": len(differing)}))


def _table(differing: Sequence[Compared]) -> Table:
    table = Table(title="Decided otherwise", show_lines=True)
    for column in ("When (UTC)", "Unanswered", "Then", "Now"):
        table.add_column(column)
    for pair in differing:
        at = datetime.fromtimestamp(pair.observation.now, UTC)
        table.add_row(
            f"{at:%Y-%m-%d %H:%M:%S}",
            str(pair.observation.outstanding),
            what(pair.then),
            what(pair.now),
        )
    return table
