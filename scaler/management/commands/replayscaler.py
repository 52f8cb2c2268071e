"""`manage.py replayscaler`: recorded situations through the policy again."""

from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from scaler.management.arguments import add_limits, changed_limits, positive
from scaler.models import Look
from scaler.record.history import steps
from scaler.record.replay import Replay, replay
from scaler.record.report import action_text

SHOWN = 50


class Command(BaseCommand):
    help = (
        "Put what the scaler recorded to the policy again, as it is now or under other limits, "
        "and show where it decides differently. A week of decisions is kept, and samples between."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_limits(parser)
        parser.add_argument(
            "--hours", type=positive, default=24.0, metavar="N", help="how far back (default: 24)"
        )

    def handle(self, *args: object, hours: float, **options: object) -> None:
        since = timezone.now() - timedelta(hours=hours)
        rows = Look.objects.filter(at__gte=since).order_by("at")
        try:
            result = replay(steps(rows.iterator()), changed_limits(options))
        except DatabaseError as error:
            raise CommandError(f"The history can't be read: {error}") from None
        if not result.steps:
            self.stdout.write(f"Nothing was recorded in the last {hours:g} hours.")
            return
        if result.differences:
            Console().print(differences_table(result))
        self.stdout.write(summary(result))


def differences_table(result: Replay) -> Table:
    """The first differences, a line each."""
    table = Table("At (UTC)", "Then", "Now")
    for one in result.differences[:SHOWN]:
        at = datetime.fromtimestamp(one.at, UTC).strftime("%Y-%m-%d %H:%M:%S")
        table.add_row(at, action_text(one.then), action_text(one.now))
    return table


def summary(result: Replay) -> str:
    """What the replay found, in one line."""
    text = f"{result.steps} situations, {len(result.differences)} decided differently"
    if len(result.differences) > SHOWN:
        text += f", of which the first {SHOWN} are shown"
    return text + "."
