"""`manage.py runscaler`: keep the fleet as large as the queue needs, until told to stop."""

from argparse import ArgumentParser
from dataclasses import replace

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from foundation import logs
from foundation.config import get_settings
from foundation.stopping import stop_on_signals
from scaler.binding import limits_of, make_scaler
from scaler.instances.launching import LaunchNotConfigured
from scaler.loop import Scaler
from scaler.management.arguments import add_limits, changed_limits
from scaler.record.report import decision_text


class Command(BaseCommand):
    help = (
        "Watch the request queue and keep as many app instances as it needs: from 0 to --max and "
        "back, at the lowest cost that keeps TARGET_LATENCY_SECONDS. Several may run; one acts, "
        "the others wait to take over. SIGTERM and Ctrl-C finish the step in hand."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_limits(parser)
        parser.add_argument("--once", action="store_true", help="one step, then end")
        parser.add_argument(
            "--dry-run", action="store_true", help="decide and print, but touch nothing"
        )

    def handle(self, *args: object, once: bool, dry_run: bool, **options: object) -> None:
        """Run until a signal stops it, or once. The exit status of `once` is 1 where the fleet was
        not seen."""
        settings = get_settings()
        logs.configure(settings)
        limits = replace(limits_of(settings), **changed_limits(options))
        try:
            scaler = make_scaler(settings, limits, is_dry=dry_run)
        except LaunchNotConfigured as error:
            raise CommandError(str(error)) from None
        try:
            if once or dry_run:
                self._print(scaler, dry_run, None if once else limits.interval_seconds)
            else:
                scaler.run(stop_on_signals())
        except DatabaseError as error:
            raise CommandError(f"The database does not answer: {error}") from None
        if once and scaler.last_seen.instances is None:
            raise SystemExit(1)

    def _print(self, scaler: Scaler, is_dry: bool, interval: float | None) -> None:
        """Print a decision; with an interval, one after the other until told to stop."""
        stop = stop_on_signals()
        while not stop.is_set():
            decision = scaler.decide().decision if is_dry else scaler.step()
            if decision is None:
                raise CommandError("Another scaler holds the lease, so nothing was done.")
            self.stdout.write(decision_text(decision, scaler.last_seen, scaler.state))
            self.stdout.flush()
            if interval is None:
                break
            stop.wait(interval)
        if not is_dry:
            scaler.release()
