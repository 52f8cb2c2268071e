"""`manage.py fleet`: the app instances, live."""

import getpass
import time
from argparse import ArgumentParser
from collections.abc import Callable
from functools import partial
from json import dumps

from botocore.exceptions import BotoCoreError, ClientError
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from rich.console import Console, RenderableType
from rich.live import Live

from foundation.config import get_settings
from scaler.binding import fleet_of, functions_of, observer
from scaler.deciding.values import Observation
from scaler.management.arguments import count, positive
from scaler.record import fleet_table, orders
from scaler.record.report import FleetRow, fleet_json, fleet_view

Table = Callable[[], tuple[list[FleetRow], Observation, str]]
"""Looks at the fleet."""

Give = Callable[[str], None]
"""Gives an order by the name of who gives it."""


class Command(BaseCommand):
    help = (
        "Show instances, functions, the queue and the last decision, live, until Ctrl-C. "
        "Or give the fleet an order."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="show it once, then end")
        parser.add_argument("--json", action="store_true", help="once, as one JSON object")
        parser.add_argument(
            "--interval", type=positive, default=1.0, metavar="N", help="seconds (default: 1)"
        )
        group = parser.add_argument_group("orders, each written to the audit log")
        group.add_argument("--hold", type=count, metavar="N", help="keep at least N; 0 ends that")
        group.add_argument(
            "--minutes", type=positive, default=60.0, metavar="N", help="of --hold (default: 60)"
        )
        group.add_argument("--pause", action="store_true", help="take no new pictures, videos")
        group.add_argument("--resume", action="store_true", help="take them again")
        group.add_argument("--drain", metavar="ID", help="let an instance finish, and end")

    def handle(
        self, *args: object, json: bool, once: bool, interval: float,
        hold: int | None, minutes: float, pause: bool, resume: bool, drain: str | None,
        **options: object,
    ) -> None:  # fmt: skip
        """Give the orders that were asked for; without any, show the fleet. Raises CommandError."""
        choices: tuple[tuple[bool, Give], ...] = (
            (hold is not None, lambda actor: orders.hold(hold or 0, minutes, actor)),
            (pause, orders.pause),
            (resume, orders.resume),
            (drain is not None, lambda actor: orders.drain(drain or "", actor)),
        )
        if chosen := [give for is_asked, give in choices if is_asked]:
            self._give(chosen)
            return
        settings = get_settings()
        looks = observer(settings, fleet_of(settings), functions_of(settings))
        table = partial(fleet_table.look, settings, looks)
        try:
            if json:
                self.stdout.write(dumps(fleet_json(*table())))
            elif once:
                Console(width=None if Console().is_terminal else 130).print(self._view(table))
            else:
                self._live(table, interval)
        except (BotoCoreError, ClientError) as error:
            raise CommandError(f"EC2 does not say what runs: {error}") from None
        except DatabaseError as error:
            raise CommandError(f"The database does not answer: {error}") from None
        except KeyboardInterrupt:
            return

    def _give(self, chosen: list[Give]) -> None:
        try:
            for give in chosen:
                give(f"command ({getpass.getuser()})")
        except (orders.OrderRefused, DatabaseError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write("Done: scaler and web tier act on it within seconds.")
        most = get_settings().scaler_max
        if orders.standing().hold > most:
            self.stdout.write(f"No order goes over SCALER_MAX: at most {most} are kept.")

    def _live(self, table: Table, interval: float) -> None:
        with Live(self._view(table), auto_refresh=False) as live:
            while True:
                time.sleep(interval)
                live.update(self._view(table), refresh=True)

    def _view(self, table: Table) -> RenderableType:
        return fleet_view(*table(), at=time.strftime("%H:%M:%S"))
