"""`manage.py replayscaler`: recorded situations through the policy again."""

from __future__ import annotations

import importlib
from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime, timedelta
from json import dumps

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from scaler.deciding.policy import decide
from scaler.management.arguments import add_limits, changed_limits, positive
from scaler.models import Look
from scaler.record.history import steps
from scaler.record.replay import Policy, Replay, replay
from scaler.record.report import action_text

SHOWN = 50


class Command(BaseCommand):
    help = (
        "Put what the scaler recorded (a week of decisions, and samples between them) to the "
        "policy again, as it is now or under other limits, and show where it decides differently."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_limits(parser)
        parser.add_argument(
            "--hours", type=positive, default=24.0, metavar="N", help="how far back (default: 24)"
        )
        parser.add_argument(
            "--policy", type=policy_named, default=decide, metavar="MODULE:FUNCTION",
            help="another function than scaler.deciding.policy:decide",
        )  # fmt: skip
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(
        self, *args: object, hours: float, policy: Policy, json: bool, **options: object
    ) -> None:
        since = timezone.now() - timedelta(hours=hours)
        rows = Look.objects.filter(at__gte=since).order_by("at")
        try:
            result = replay(steps(rows.iterator()), changed_limits(options), policy)
        except DatabaseError as error:
            raise CommandError(f"The history can't be read: {error}") from None
        if json:
            self.stdout.write(dumps(as_json(result)))
            return
        if not result.steps:
            self.stdout.write(f"Nothing was recorded in the last {hours:g} hours.")
            return
        if result.differences:
            Console().print(differences_table(result))
        self.stdout.write(summary(result))


def policy_named(name: str) -> Policy:
    """The function at `module:function`."""
    module, _, function = name.partition(":")
    try:
        found: Policy = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise ArgumentTypeError(f"{name!r} can't be loaded: {error}") from None
    return found


def differences_table(result: Replay) -> Table:
    """The first differences, a line each."""
    table = Table()
    for column in ("At (UTC)", "Then", "Now"):
        table.add_column(column)
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


def as_json(result: Replay) -> dict[str, object]:
    return {
        "situations": result.steps,
        "differences": [
            {"at": one.at, "then": action_text(one.then), "now": action_text(one.now)}
            for one in result.differences
        ],
    }
