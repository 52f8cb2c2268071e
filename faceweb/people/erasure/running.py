"""Erases a person, one step after the other, and goes on where it stopped.

The record is written first, with the names that the steps look for. Then the person leaves the
gallery, so that no new answer names them. Each step is repeatable, and works in small transactions:
the collector writes answers in between. Where storage is away or the database is locked, the upkeep
of any web process tries again. A second look, a little later, finds what was on its way in workers
and queues meanwhile; then the names are forgotten, too.
"""

import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta

import structlog
from botocore.exceptions import BotoCoreError, ClientError
from django.db import OperationalError, transaction
from django.utils import timezone

from faceweb.access import audit
from faceweb.models import Erasure, ErasureState, Subject
from faceweb.people.erasure.answers import forget_late_answers
from faceweb.people.erasure.late import HASHES_KEPT
from faceweb.people.erasure.local_files import forget_in_database_files
from faceweb.people.erasure.person import ErasedPerson, GoesOn
from faceweb.people.erasure.places import Places
from faceweb.people.erasure.steps import ONCE, STEPS, Step
from faceweb.people.subject_list import ids_of
from faceweb.replies.leases import LeaseTaken, lease
from foundation.collections import DEFAULT
from recognition.errors import GalleryError
from recognition.gallery.gallery import Gallery

log = structlog.get_logger()

SECOND_LOOK = timedelta(seconds=60)
"""Longer than a worker takes to see a new gallery and to end the picture in hand."""
ATTEMPTS = 5
PAUSE_SECONDS = 0.5
COUNTED = ("examples", "pictures", "jobs", "videos")
WAITED_SECONDS = 3.0
"""How long somebody who asks waits. Most people are erased within a second of it; of somebody with
tens of thousands of pictures the upkeep erases the rest."""
STOPS_ERASING = (OperationalError, BotoCoreError, ClientError, OSError)
ERASING_WAITS = (
    "Storage or database did not answer. "
    "The erasing has begun, and goes on by itself within a minute."
)
ERASING_GOES_ON = (
    "There is much to erase. It has begun, and goes on by itself until nothing is left."
)


class NobodyToErase(Exception):
    """Neither the gallery nor any answer knows the person; the text says so."""


def begin(person_id: str, actor: str, with_pictures: bool, places: Places) -> Erasure:
    """The record of the erasing, new or begun before. Raises NobodyToErase."""
    begun = Erasure.objects.filter(person_id=person_id).first()
    if begun is not None:
        return begun
    row = Subject.objects.filter(pk=person_id, merged_into=None, erased_at=None).first()
    collection = (row.collection_id if row else None) or DEFAULT
    gallery = Gallery.open(places.gallery_of(collection))
    enrolled = gallery.people.get(person_id) if gallery else None
    if enrolled is None and row is None:
        raise NobodyToErase(f"There is no subject {person_id!r}.")
    name = enrolled.name if enrolled else row.name if row else ""
    now = timezone.now()
    found = {**dict.fromkeys(COUNTED, 0), "examples": enrolled.examples if enrolled else 0}
    erasure, _ = Erasure.objects.get_or_create(
        person_id=person_id,
        defaults={
            "actor": actor[:150],
            "with_pictures": with_pictures,
            "started_at": now,
            "due_at": now,
            "ids": ids_of(person_id),
            "names": [name],
            "counts": found,
        },
    )
    return erasure


def soon() -> float:
    """Until when a request waits, by `time.monotonic`."""
    return time.monotonic() + WAITED_SECONDS


def go_on(erasure: Erasure, places: Places, until: float | None = None) -> bool:
    """Do what comes next for this person; True when it is done.

    False where it is not done at `until` (see ErasedPerson), or somebody else is at it: then the
    upkeep goes on. It does as well after STOPS_ERASING, which are raised.
    """
    person = ErasedPerson(erasure=erasure, until=until)
    try:
        with lease(lease_of(erasure), 0.0 if until is None else person.patience_seconds):
            erasure.refresh_from_db()
            if erasure.state == ErasureState.RUNNING:
                _do_steps(person, places)
            elif erasure.due_at is not None and erasure.due_at <= timezone.now():
                _second_look(person, places)
    except (GoesOn, LeaseTaken):
        return False
    except (*STOPS_ERASING, GalleryError) as error:
        _note_trouble(erasure, error)
        raise
    return True


def _do_steps(person: ErasedPerson, places: Places) -> None:
    """Do the steps that are left. Raises what stopped it; the upkeep tries again then."""
    erasure = person.erasure
    for name, step in STEPS.items():
        if name not in erasure.steps_done:
            person.stop_when_late()
            _patiently(step, person, places)
            erasure.steps_done.append(name)
            erasure.save(update_fields=["steps_done"])
    _finish(erasure)


def _patiently(step: Step, person: ErasedPerson, places: Places) -> None:
    """A step meets a database that others write to: it is tried again a few times."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            step(person, places)
            return
        except OperationalError:
            if attempt == ATTEMPTS:
                raise
            person.erasure.refresh_from_db()
            time.sleep(PAUSE_SECONDS * attempt)


def _finish(erasure: Erasure) -> None:
    """After the first pass the receipt is written; after the second the names are forgotten."""
    now = timezone.now()
    with transaction.atomic():
        if erasure.receipt is None:
            erasure.receipt = audit.record(
                erasure.actor, "subject erased", erasure.person_id, **erasure.counts
            )
        if erasure.state == ErasureState.RUNNING:
            erasure.state, erasure.due_at = ErasureState.WATCHING, now + SECOND_LOOK
        else:
            erasure.state, erasure.due_at, erasure.names = ErasureState.DONE, None, []
            erasure.finished_at = now
        erasure.trouble = ""
        erasure.save()


def _second_look(person: ErasedPerson, places: Places) -> None:
    """Find what was on its way during the first pass."""
    erasure = person.erasure
    erasure.steps_done = [one for one in erasure.steps_done if one in ONCE]
    forget_late_answers(erasure.started_at, places)
    _do_steps(person, places)
    forget_in_database_files()


def go_on_with_due(places: Places, now: datetime) -> int:
    """Go on with what stopped, and with second looks that are due. Returns how many."""
    due = list(Erasure.objects.filter(due_at__lte=now))
    for erasure in due:
        with suppress(*STOPS_ERASING, GalleryError):
            go_on(erasure, places)
    old = Erasure.objects.filter(state=ErasureState.DONE, started_at__lt=now - HASHES_KEPT)
    old.exclude(name_hashes=[]).update(name_hashes=[])
    return len(due)


def _note_trouble(erasure: Erasure, error: Exception) -> None:
    """Say why it waits, without the error's own words, which may say a name."""
    log.warning("erasing_waits", person=erasure.person_id, error=type(error).__name__)
    due = timezone.now() + timedelta(seconds=10)
    Erasure.objects.filter(pk=erasure.pk).update(trouble=type(error).__name__, due_at=due)


def lease_of(erasure: Erasure) -> str:
    """The name of the lease that one process holds while it erases."""
    return f"erasing {erasure.pk}"


Receipt = Mapping[str, object]


def receipt_of(erasure: Erasure, name: str) -> Receipt:
    """The receipt of an erasing whose first pass is over. `name` is what they were called."""
    entry = erasure.receipt
    assert entry is not None  # noqa: S101 - the caller has looked
    return {
        "receipt": entry.pk,
        "subject": erasure.person_id,
        "name": name,
        "erased_at": entry.at.isoformat(),
        **entry.detail,
    }


def receipt_in_words(receipt: Receipt | None) -> str:
    """What erasing returned, as a sentence for people."""
    if receipt is None:
        return ERASING_GOES_ON
    return (
        f"{receipt['name']} was erased: {receipt['examples']} examples, "
        f"{receipt['pictures']} pictures, named in {receipt['jobs']} jobs "
        f"and {receipt['videos']} videos. "
        f"Receipt {receipt['receipt']}, {receipt['erased_at']}."
    )
