"""`manage.py enrol FOLDER`: add people to the gallery."""

from argparse import ArgumentParser
from collections.abc import Sequence
from json import dumps
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from faceweb.collections.reach import named_by_operator
from faceweb.management.choosing import add_collection, add_patience
from faceweb.management.errors import translate_errors
from faceweb.management.progress import counting
from faceweb.people.examples.enrolment import EnrolmentSummary, enrol
from foundation.config import get_settings
from recognition.enrolment.labelled_pictures import PassedOver, pictures_by_csv, pictures_by_folder


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
            "--faces", choices=("any", "one"), default="any",
            help="one: leave out pictures that show several faces (default: any)",
        )  # fmt: skip
        add_patience(parser)
        add_collection(parser)
        parser.add_argument("--json", action="store_true", help="the result as JSON, last line")

    def handle(
        self,
        *args: object,
        folder: Path,
        labels: Path | None,
        collection: str | None,
        patience: float,
        faces: str,
        json: bool,
        **options: object,
    ) -> None:
        with translate_errors():
            chosen = named_by_operator(collection)
            found = pictures_by_csv(folder, labels) if labels else pictures_by_folder(folder)
            total = len(found.pictures)
            with counting("sent to the workers", "embedded") as (_, (sending, embedding)):

                def advance(sent: int, done: int) -> None:
                    sending(total, sent)
                    embedding(total, done)

                summary = enrol(
                    found.pictures, get_settings(), advance, patience,
                    only_one_face=faces == "one", collection=chosen,
                )  # fmt: skip
        self._print(summary, found.passed_over)
        if json:
            self.stdout.write(dumps(_as_json(summary, found.passed_over)))

    def _print(self, summary: EnrolmentSummary, passed_over: Sequence[PassedOver]) -> None:
        left_out = _left_out(summary, passed_over)
        for picture, reason in left_out.items():
            self.stdout.write(f"left out: {picture}: {reason}")
        for note in summary.warnings:
            self.stdout.write(f"warning: {note.source}: {note.text}")
        if not summary.enrolled and not summary.already:
            raise CommandError("Nobody was enrolled: no picture with a face was left.")
        pictures = sum(summary.enrolled.values())
        everybody = len(summary.gallery.people) if summary.gallery else 0
        self.stdout.write(
            f"{pictures} pictures of {len(summary.enrolled)} people enrolled, "
            f"{len(left_out)} left out. The gallery has {everybody} people "
            f"(model {summary.gallery.model if summary.gallery else '?'}); "
            "the workers use it now."
        )


def _left_out(summary: EnrolmentSummary, passed_over: Sequence[PassedOver]) -> dict[str, str]:
    return {str(one.path): one.why for one in passed_over} | summary.left_out


def _as_json(summary: EnrolmentSummary, passed_over: Sequence[PassedOver]) -> dict[str, object]:
    return {
        "enrolled": summary.enrolled,
        "already": summary.already,
        "left_out": _left_out(summary, passed_over),
        "warnings": {str(note.source): note.text for note in summary.warnings},
        "model": summary.gallery.model if summary.gallery else None,
        "people": len(summary.gallery.people) if summary.gallery else 0,
    }
