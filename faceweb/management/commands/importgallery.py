"""`manage.py importgallery SOURCE`: take over a gallery that exists."""

import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from faceweb.collections.limits import check_room
from faceweb.collections.reach import named_by_operator
from faceweb.management.choosing import add_collection
from faceweb.management.errors import translate_errors
from faceweb.people.subject_list import copy_people
from faceweb.replies.leases import gallery_lease, lease
from foundation.aws.storage import gallery_files
from foundation.config import PROJECT_DIRECTORY, get_settings
from recognition.enrolment.gallery_check import by_person, learn_embeddings
from recognition.enrolment.learning import Learnt, lines_of
from recognition.errors import GalleryError
from recognition.gallery.gallery import FolderFiles, Gallery
from recognition.gallery.gallery_changes import add_examples

NAMES_EVERYBODY = (
    "The original system names everybody as the nearest person, strangers too. For its answers set "
    "RECOGNITION_THRESHOLD=2. Without that, 1 % of strangers may get a name, and at 240 pixels "
    "many known people get none; pictures enrolled with the model sface are recognised far better."
)


class Command(BaseCommand):
    help = (
        "Add the people of another gallery to this one: a folder that was exported, or the "
        "original system's data.pt (embeddings of the model vggface2-240)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", type=Path, help="a gallery's folder, or a data.pt file")
        add_collection(parser)

    def handle(
        self, *args: object, source: Path, collection: str | None, **options: object
    ) -> None:
        with translate_errors(), tempfile.TemporaryDirectory() as scratch:
            where = named_by_operator(collection)
            folder = source if source.is_dir() else self._converted(source, Path(scratch))
            found = Gallery.load(FolderFiles(folder))
            if found is None:
                raise GalleryError(f"{source} holds no gallery")
            with lease(gallery_lease(where)):
                learnt, gallery = self._imported(found, where)
            time.sleep(get_settings().gallery_check_seconds)
        self.stdout.write(
            f"{len(by_person(learnt.examples))} people imported. The gallery has "
            f"{len(gallery.people)} people (model {gallery.model}); the workers use it now."
        )
        if not source.is_dir():
            self.stdout.write(NAMES_EVERYBODY)

    def _imported(self, found: Gallery, collection: str) -> tuple[Learnt, Gallery]:
        """Add what can be added of another gallery, and say the rest."""
        files = gallery_files(get_settings(), collection)
        pairs = (
            (person.name, row)
            for person in found.people.values()
            for row in found.examples[person.id]
        )
        here = Gallery.load(files)
        learnt = learn_embeddings(pairs, found.model, here)
        for line in lines_of(learnt):
            self.stdout.write(line)
        people = by_person(learnt.examples)
        new = sum(not (here and here.person_named(name)) for name in people)
        check_room(collection, here, new, len(learnt.examples))
        gallery = add_examples(files, found.model, people)
        copy_people(files, collection)
        return learnt, gallery

    def _converted(self, data: Path, folder: Path) -> Path:
        """Have another process read the file: this one loads no model library."""
        command = [sys.executable, "-m", "recognition", "import-gallery", str(data), str(folder)]
        ended = subprocess.run(  # noqa: S603 - our own command
            command, cwd=PROJECT_DIRECTORY, capture_output=True, text=True, check=False
        )
        printed = ended.stderr.strip().splitlines() or ["no reason given"]
        if ended.returncode:
            raise CommandError(f"{data} can't be imported: {printed[-1]}")
        for line in printed:
            if " is left out: " in line:  # warnings come once more, beside those about the gallery
                self.stdout.write(line)
        return folder
