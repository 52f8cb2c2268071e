"""`manage.py showconfig`: every setting, its value, and what it is for."""

import json
import shlex
from argparse import ArgumentParser
from dataclasses import asdict

from django.core.management.base import BaseCommand

from faceweb.configuration import exported_variables, shown_settings
from foundation.config import get_settings


class Command(BaseCommand):
    help = (
        "Print the configuration: environment name, value, meaning. Secrets are masked. "
        'With --export, lines for a shell: eval "$(manage.py showconfig --export)" and boto3 '
        "there reaches the running system."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON array")
        parser.add_argument("--export", action="store_true", help="print shell lines instead")

    def handle(self, *args: object, **options: object) -> None:
        settings = get_settings()
        if options["json"]:
            self.stdout.write(json.dumps([asdict(one) for one in shown_settings(settings)]))
            return
        if options["export"]:
            for name, value in exported_variables(settings).items():
                self.stdout.write(f"export {name}={shlex.quote(value)}")
            return
        for setting in shown_settings(settings):
            origin = "" if setting.is_default else "  (set)"
            self.stdout.write(f"{setting.name}={setting.value}{origin}")
            if setting.meaning:
                self.stdout.write(f"    {setting.meaning}")
