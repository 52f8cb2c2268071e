"""`manage.py enrol FOLDER`: add people to the gallery."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from faceweb.management.errors import told_to_people
from faceweb.management.progress import counting
from faceweb.people.enrolling import enrol
from faceweb.people.enrolment import EnrolmentSummary, pictures_by_csv, pictures_by_folder
from workers.config import get_settings


class Command(BaseCommand):
    help = (
        "Add people to the gallery from pictures, which the workers embed. FOLDER has a sub-folder "
        "for each person, named as the person is; or name a CSV file with the columns "
        "Image,Results (file name, person). People who are known get more examples."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="the pictures")
        parser.add_argument("--labels", type=Path, metavar="CSV", help="who is in which picture")
        parser.add_argument(
            "--patience", type=float, default=600.0, metavar="SECONDS",
            help="give up after this time without any progress (default: 600)",
        )  # fmt: skip

    def handle(self, *args: Any, folder: Path, labels: Path | None, **options: Any) -> None:
        with told_to_people():
            pictures = pictures_by_csv(folder, labels) if labels else pictures_by_folder(folder)
            with counting("sent to the workers", "embedded") as bars:
                sending, embedding = bars.counts

                def advance(sent: int, done: int) -> None:
                    sending(len(pictures), sent)
                    embedding(len(pictures), done)

                summary = enrol(pictures, get_settings(), advance, options["patience"])
        self._print(summary)

    def _print(self, summary: EnrolmentSummary) -> None:
        for picture, reason in summary.left_out.items():
            self.stdout.write(f"left out: {picture}: {reason}")
        if not summary.enrolled:
            raise CommandError("Nobody was enrolled: no picture with a face was left.")
        pictures = sum(summary.enrolled.values())
        everybody = len(summary.gallery.people) if summary.gallery else 0
        self.stdout.write(
            f"{pictures} pictures of {len(summary.enrolled)} people enrolled, "
            f"{len(summary.left_out)} left out. The gallery has {everybody} people "
            f"(model {summary.gallery.model if summary.gallery else '?'}); "
            "the workers use it now."
        )
