"""Takes a person out of this machine's files: packs of the gallery, logs, the database's remains.

Other machines' packs are overwritten when they see the new gallery, at their next picture. The
pack of a collection that nobody asks for is deleted within an hour of the machine's work, or goes
with the machine.
"""

import re
import time
from pathlib import Path

from django.db import connection
from django.db.utils import OperationalError

from faceweb.people.erasure.person import ErasedPerson
from faceweb.people.erasure.places import Places
from faceweb.people.erasure.their_names import pattern_of
from recognition.gallery.pack.gallery_pack import GalleryPack

ANSWER_IN_LOG = r"answer['\"]?[=:] ?['\"]?"
"""Earlier versions logged the answers of pictures. Today's logs name nobody."""
CHECKPOINTS, CHECKPOINT_SECONDS = 20, 0.25


def forget_local_files(person: ErasedPerson, places: Places) -> None:
    """Take the person out of this machine's packs and logs."""
    pack = places.pack_of(person.collection)
    if pack.is_dir():
        GalleryPack(pack).gallery(places.gallery_of(person.collection))
    for log in places.folder.glob("**/*.log"):
        overwrite_answers(log, person)


def overwrite_answers(log: Path, person: ErasedPerson) -> None:
    """Overwrite the person's names where a log says them as an answer: in place, because a process
    holds the log open."""
    names = pattern_of(person.words)
    if names is None:
        return
    found = re.compile(f"{ANSWER_IN_LOG}({names.pattern})".encode(), re.IGNORECASE)
    with log.open("r+b") as file:
        for hit in found.finditer(file.read()):
            start, end = hit.span(1)
            file.seek(start)
            file.write(b"x" * (end - start))


def forget_in_database_files() -> None:
    """Remove from the database's files what its rows held before.

    SQLite overwrites what is freed (`secure_delete`); its log of changes is emptied here.
    PostgreSQL frees dead rows by VACUUM; its own log goes by its own settings.
    """
    if connection.in_atomic_block:
        return
    if connection.vendor == "sqlite":
        _empty_write_ahead_log()
    elif connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "VACUUM faceweb_face, faceweb_dismissedface, faceweb_job, faceweb_subject, "
                "faceweb_video, faceweb_erasure, faceweb_idempotentanswer, faceweb_deadletter, "
                "faceweb_indexedface, faceweb_expectedperson, django_admin_log"
            )


def _empty_write_ahead_log() -> None:
    """Not while others read what is in it: so it is tried for some seconds, and once more by the
    erasure's second look."""
    for _ in range(CHECKPOINTS):
        try:
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                if cursor.fetchone()[0] == 0:
                    return
        except OperationalError:
            pass
        time.sleep(CHECKPOINT_SECONDS)
