"""`manage.py fleet`: the app instances, live."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from json import dumps

from botocore.exceptions import BotoCoreError, ClientError
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console, RenderableType
from rich.live import Live

from foundation.config import get_settings
from scaler.management.arguments import positive
from scaler.record.fleet_table import FleetTable
from scaler.record.report import fleet_json, fleet_view


class Command(BaseCommand):
    help = "Show the app instances, the queue and the last decision, live, until Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="show it once, then end")
        parser.add_argument("--json", action="store_true", help="once, as one JSON object")
        parser.add_argument(
            "--interval", type=positive, default=1.0, metavar="N", help="seconds (default: 1)"
        )

    def handle(
        self, *args: object, json: bool, once: bool, interval: float, **options: object
    ) -> None:
        table = FleetTable(get_settings(), time.time)
        try:
            if json:
                self.stdout.write(dumps(fleet_json(*table.look())))
            elif once:
                Console(width=None if Console().is_terminal else 130).print(self._view(table))
            else:
                self._live(table, interval)
        except (BotoCoreError, ClientError) as error:
            raise CommandError(f"EC2 does not say what runs: {error}") from None
        except KeyboardInterrupt:
            return

    def _live(self, table: FleetTable, interval: float) -> None:
        with Live(self._view(table), auto_refresh=False) as live:
            while True:
                time.sleep(interval)
                live.update(self._view(table), refresh=True)

    def _view(self, table: FleetTable) -> RenderableType:
        return fleet_view(*table.look(), at=time.strftime("%H:%M:%S"))
