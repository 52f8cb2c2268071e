"""`manage.py applyretention`: delete what is older than the retention times."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from faceweb.jobs.erasing import apply_retention
from faceweb.management.errors import translate_errors
from foundation.config import get_settings


class Command(BaseCommand):
    help = (
        "Delete jobs and videos older than RETENTION_DAYS_HISTORY, and pictures, videos and frames "
        "of those older than RETENTION_DAYS_PICTURES; 0 keeps them for ever. The web tier does it "
        "once a day; this does it at once."
    )

    def handle(self, *args: object, **options: object) -> None:
        with translate_errors():
            erased = apply_retention(get_settings(), timezone.now(), "command")
        self.stdout.write(erased.in_words())
