"""`manage.py importcompreface URL [KEY]`: move people and their pictures from a CompreFace."""

import os
from argparse import ArgumentParser
from collections.abc import Sequence

from django.core.management.base import BaseCommand, CommandError

from faceweb.collections.reach import named_by_operator
from faceweb.compreface.moving import Moved, Progress, move
from faceweb.compreface.source import Source
from faceweb.management.choosing import add_collection, add_patience
from faceweb.management.errors import translate_errors
from faceweb.management.progress import counting
from faceweb.people.examples.enrolment import EnrolmentSummary, enrol
from foundation.collections import folder_of
from foundation.config import get_settings
from recognition.enrolment.labelled_pictures import LabelledPicture

KEY_VARIABLE = "COMPREFACE_API_KEY"


class Command(BaseCommand):
    help = (
        "Move people and their pictures from a CompreFace to this system, by its REST API. "
        "Interrupted, it goes on where it was when it is run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("url", help="CompreFace's address, such as http://localhost:8000")
        parser.add_argument(
            "key", nargs="?", default=os.environ.get(KEY_VARIABLE),
            help=f"the API key of its recognition service (default: {KEY_VARIABLE})",
        )  # fmt: skip
        add_patience(parser)
        add_collection(parser)

    def handle(
        self,
        *args: object,
        url: str,
        key: str | None,
        patience: float,
        collection: str | None,
        **options: object,
    ) -> None:
        """Raises CommandError without an address or a key, and where CompreFace refuses."""
        if not url.startswith(("http://", "https://")):
            raise CommandError(f"{url} is no address: write it as http://localhost:8000.")
        if not key:
            raise CommandError(
                f"Name the key of CompreFace's recognition service, or set {KEY_VARIABLE}."
            )
        with translate_errors():
            where = named_by_operator(collection)
            self._print(self._moved(Source(url, key), url, patience, where))

    def _moved(self, source: Source, url: str, patience: float, collection: str) -> Moved:
        settings = get_settings()

        def enrol_some(pictures: Sequence[LabelledPicture]) -> EnrolmentSummary:
            return enrol(pictures, settings, _ignore, patience, collection=collection)

        progress = Progress(settings.var_dir, f"{url}{folder_of(collection)}")
        with counting("moved") as (_, [count]):
            try:
                return move(source, progress, enrol_some, count)
            except KeyboardInterrupt:
                raise CommandError("Interrupted. Run it again, and it goes on from here.") from None

    def _print(self, moved: Moved) -> None:
        for image, reason in moved.left_out.items():
            self.stdout.write(f"left out: {image}: {reason}")
        if moved.without_pictures:
            self.stdout.write(
                f"{moved.without_pictures} subjects have no picture: nobody is added."
            )
        self.stdout.write(
            f"{sum(moved.enrolled.values())} pictures of {len(moved.enrolled)} people moved, "
            f"{moved.already} were here already, {len(moved.left_out)} left out. "
            "The workers use them now."
        )


def _ignore(_sent: int, _done: int) -> None:
    """A bar for all pictures is enough."""
