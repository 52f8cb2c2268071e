"""`manage.py provision`: create queues and buckets under the contract's names."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from faceweb.configuration import names
from faceweb.management.errors import told_to_people
from workers.config import get_settings
from workers.provisioning import provision


class Command(BaseCommand):
    help = (
        "Create the queues and buckets (names from FACEWEB_ID), or bring those that are there to "
        "this configuration. Running it again changes nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        settings = get_settings()
        with told_to_people():
            provision(settings)
        for variable, name in names(settings).items():
            self.stdout.write(f"{variable.lower().replace('_', ' ')}: {name}")
