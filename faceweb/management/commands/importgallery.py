"""`manage.py importgallery SOURCE`: take over a gallery that exists."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from faceweb.leases import GALLERY, lease
from faceweb.management.errors import told_to_people
from recognition.errors import GalleryError
from recognition.gallery import FolderFiles, Gallery, add_examples
from workers.config import PROJECT_DIRECTORY, get_settings
from workers.storage import gallery_files


class Command(BaseCommand):
    help = (
        "Add the people of another gallery to this one: a folder that was exported, or the "
        "original system's data.pt (embeddings of the model vggface2-240)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", type=Path, help="a gallery's folder, or a data.pt file")

    def handle(self, *args: Any, source: Path, **options: Any) -> None:
        with told_to_people(), tempfile.TemporaryDirectory() as scratch:
            folder = source if source.is_dir() else _converted(source, Path(scratch))
            found = Gallery.load(FolderFiles(folder))
            if found is None:
                raise GalleryError(f"{source} holds no gallery")
            people = {person.name: found.examples[person.id] for person in found.people.values()}
            with lease(GALLERY):
                gallery = add_examples(gallery_files(get_settings()), found.model, people)
            time.sleep(get_settings().gallery_check_seconds)
        self.stdout.write(
            f"{len(people)} people imported. The gallery has {len(gallery.people)} people "
            f"(model {gallery.model}); the workers use it now."
        )


def _converted(data: Path, folder: Path) -> Path:
    """Have a process of its own read the file: this one loads no torch."""
    command = [sys.executable, "-m", "recognition", "import-gallery", str(data), str(folder)]
    ended = subprocess.run(  # noqa: S603 - our own command
        command, cwd=PROJECT_DIRECTORY, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        reason = ended.stderr.strip().splitlines() or ["no reason given"]
        raise CommandError(f"{data} can't be imported: {reason[-1]}")
    return folder
