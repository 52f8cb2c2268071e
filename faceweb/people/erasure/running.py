"""Erases a person, one step after the other, and goes on where it stopped.

The record is written first, with the names that the steps look for. Then the person leaves the
gallery, so that no new answer names them. Each step is repeatable, and works in small transactions:
the collector writes answers in between. What stops it (storage that is away, a locked database) is
tried again by the upkeep of any web process. A second look, a little later, finds what was on its
way in workers and queues meanwhile; then the names are forgotten, too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta

import structlog
from botocore.exceptions import BotoCoreError, ClientError
from django.db import OperationalError, transaction
from django.utils import timezone

from faceweb.access import audit
from faceweb.models import (
    Erasure,
    ErasureState,
    ExamplePicture,
    Face,
    IndexedFace,
    Job,
    Subject,
)
from faceweb.people.erasure.answers import (
    AT_ONCE,
    forget_faces,
    forget_late_answers,
    forget_words,
)
from faceweb.people.erasure.late import HASHES_KEPT
from faceweb.people.erasure.local_files import forget_in_database_files, forget_local_files
from faceweb.people.erasure.names import hash_of
from faceweb.people.erasure.person import ErasedPerson, GoesOn
from faceweb.people.erasure.places import Places
from faceweb.people.erasure.records import forget_records
from faceweb.people.erasure.videos import forget_videos
from faceweb.people.examples import example_pictures
from faceweb.people.subject_list import copy_people, ids_of
from faceweb.replies.leases import LeaseTaken, gallery_lease, lease
from foundation.collections import DEFAULT
from recognition.gallery import gallery as galleries
from recognition.gallery.gallery import Gallery
from recognition.gallery.names import ANSWERS, name_key

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

Step = Callable[[ErasedPerson, Places], None]


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
    """Until when somebody who asks waits, as `time.monotonic` has it."""
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
    except STOPS_ERASING as error:
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
        with suppress(*STOPS_ERASING):
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


def _copy(person: ErasedPerson, places: Places) -> None:
    """The rows of people say first what the gallery says now."""
    with lease(gallery_lease(person.collection), person.patience_seconds):
        copy_people(places.gallery_of(person.collection), person.collection)


def _gather(person: ErasedPerson, places: Places) -> None:
    """Every name they had: now, before a merge, and in answers from before they were renamed."""
    erasure = person.erasure
    rows = Subject.objects.filter(pk__in=person.ids)
    answered = Job.objects.filter(
        pk__in=Face.objects.filter(
            person__in=person.ids, is_answer=True, source="model", job__isnull=False
        ).values("job_id")
    )
    words = {*rows.values_list("name", flat=True), *_words_of_videos(person.ids), *erasure.names}
    words |= set(answered.values_list("result", flat=True).distinct().order_by())
    erasure.names = sorted(one for one in words if one and not ANSWERS.fullmatch(name_key(one)))
    former = [one for hashes in rows.values_list("former_names", flat=True) for one in hashes]
    erasure.name_hashes = sorted({*map(hash_of, erasure.names), *former})
    erasure.save(update_fields=["names", "name_hashes"])


def _words_of_videos(ids: list[str]) -> set[str]:
    shown = Face.objects.filter(person__in=ids, video__isnull=False)
    videos = {face.video for face in shown.select_related("video").only("video__people")}
    return {
        entry["name"]
        for video in videos
        if video is not None
        for entry in video.people
        if entry.get("person_id") in ids
    }


def _leave_gallery(person: ErasedPerson, places: Places) -> None:
    """From here on nobody is called by the person's names; only ids are left in the copy."""
    erasure, files = person.erasure, places.gallery_of(person.collection)
    with lease(gallery_lease(person.collection), person.patience_seconds):
        gallery = Gallery.open(files)
        enrolled = gallery.people.get(erasure.person_id) if gallery else None
        if enrolled is not None:
            galleries.remove_person(files, enrolled.name)
        Subject.objects.filter(pk__in=person.ids).update(
            name="", name_key="", examples=0, former_names=[], cover="", erased_at=timezone.now()
        )
        copy_people(files, person.collection)


def _forget_examples(person: ErasedPerson, places: Places) -> None:
    of_person = ExamplePicture.objects.filter(person_id__in=person.ids)
    while deleted := example_pictures.delete(places.private, of_person[:AT_ONCE]):
        person.count("pictures", deleted)
        person.stop_when_late()
    IndexedFace.objects.filter(person_id__in=person.ids).delete()


STEPS: Mapping[str, Step] = {
    "copy": _copy,
    "gather": _gather,
    "gallery": _leave_gallery,
    "examples": _forget_examples,
    "faces": forget_faces,
    "words": forget_words,
    "videos": forget_videos,
    "records": lambda person, places: forget_records(person),
    "local files": forget_local_files,
    "database": lambda person, places: forget_in_database_files(),
}
ONCE = ("copy", "gather", "gallery")
"""Steps that a second look does not repeat."""
