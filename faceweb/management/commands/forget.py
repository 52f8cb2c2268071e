"""`manage.py forget NAME`: erase a person everywhere, or look whether anything is left."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from faceweb.collections.reach import named_by_operator
from faceweb.management.choosing import add_collection
from faceweb.management.errors import translate_errors
from faceweb.models import Erasure, ErasureState
from faceweb.people import expected_people
from faceweb.people.erasure.places import places_of
from faceweb.people.erasure.running import ERASING_WAITS, STOPS_ERASING, receipt_in_words
from faceweb.people.erasure.searching import search
from faceweb.people.subject_list import enrolled_as, refresh_people
from faceweb.people.subjects import NoSuchSubject, subjects
from foundation.aws.storage import gallery_files
from foundation.config import get_settings


class Command(BaseCommand):
    help = (
        "Erase a person from the gallery, all answers, videos, kept answers and logs. With --check "
        "nothing is erased: all tables, buckets and files of VAR_DIR are searched for the name."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the person's name, or their id")
        parser.add_argument(
            "--pictures", action="store_true", help="delete pictures and videos of them, too"
        )
        add_collection(parser)
        parser.add_argument("--check", action="store_true", help="only search for what is left")

    def handle(
        self,
        *args: object,
        name: str,
        pictures: bool,
        check: bool,
        collection: str | None,
        **options: object,
    ) -> None:
        """Erase the person, or with `check` only look for what is left. Raises CommandError."""
        with translate_errors():
            if check:
                self._check(name)
            else:
                self._erase(name, pictures, named_by_operator(collection))

    def _erase(self, name: str, pictures: bool, collection: str) -> None:
        refresh_people(gallery_files(get_settings(), collection), collection)
        person_id = enrolled_as(name, collection) or name
        try:
            receipt = subjects(get_settings(), "command", collection).erase(person_id, pictures)
        except NoSuchSubject:
            if expected_people.forget(name, collection):
                self.stdout.write(f"{name} had no picture, and is not expected any more.")
                return
            raise CommandError(f"Nobody is called {name!r}, or has that id.") from None
        except STOPS_ERASING:
            raise CommandError(ERASING_WAITS) from None
        self.stdout.write(receipt_in_words(receipt))

    def _check(self, name: str) -> None:
        found = search(name, places_of(get_settings()))
        for one in found:
            self.stdout.write(one.in_words())
        if Erasure.objects.exclude(state=ErasureState.DONE).exists():
            self.stdout.write("An erasing is under way: its names are kept until it ends.")
        if found:
            raise CommandError(f"{name!r} is left in {len(found)} places.")
        self.stdout.write(f"Nothing of {name!r} is left.")
