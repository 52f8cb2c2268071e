"""A person says whose face it is, that nobody knows it, or that it is no face; each can be undone.

The row says it at once, so headline, lists and searches follow. What the row said before is kept
as a `Change`, for a day.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from faceweb.access import audit
from faceweb.models import Change, ChangeKind, Face, FaceSource, Subject

NOT_A_FACE = "somebody said that this is no face"
KEPT = timedelta(days=1)
KEPT_FIELDS = ("person_id", "word", "source", "similarity", "distance", "is_unknown", "left_out")


class NotUndone(Exception):
    """A change that can't be undone; the text says why."""


def say_person(face: Face, person_id: str, actor: str, example: str = "") -> Change:
    """The face is this person's. `example` is what the gallery learnt from it, if anything."""
    return _say(face, actor, {"person_id": person_id}, example)


def say_nobody(face: Face, actor: str) -> Change:
    """Nobody knows whose face it is, and it is not asked for again."""
    return _say(face, actor, {})


def say_no_face(face: Face, actor: str) -> Change:
    """There is no face."""
    return _say(face, actor, {"left_out": NOT_A_FACE})


def _say(face: Face, actor: str, said: Mapping[str, object], example: str = "") -> Change:
    now = timezone.now()
    with transaction.atomic():
        was = Face.objects.select_for_update().get(pk=face.pk)
        change = Change.objects.create(
            kind=ChangeKind.FACE,
            actor=actor[:150],
            made_at=now,
            face=was,
            people=sorted({was.person_id, said.get("person_id")} - {None}),
            before={
                **{name: getattr(was, name) for name in KEPT_FIELDS},
                "named_at": was.named_at.isoformat() if was.named_at else None,
                "example": example,
            },
            embeddings=was.embedding,
        )
        _write(was, {**_nobody(was, now), **said})
    audit.record(actor, "face corrected", said.get("person_id", ""), face=face.pk)
    return change


def _nobody(was: Face, now: datetime) -> dict[str, Any]:
    """A row that a person has looked at, and that shows nobody."""
    return {
        "person_id": None,
        "word": "",
        "source": FaceSource.USER,
        "named_at": now,
        "similarity": None,
        "distance": None,
        "embedding": None,
        "is_unknown": False,
        "left_out": "" if was.left_out == NOT_A_FACE else was.left_out,
    }


def _write(face: Face, values: Mapping[str, object]) -> None:
    Face.objects.filter(pk=face.pk).update(**values)


def undo_face(change: Change, actor: str) -> None:
    """The face is whose it was before. Raises NotUndone where it was changed again."""
    face = change.face
    assert face is not None  # noqa: S101 - a change of a face goes with it
    with transaction.atomic():
        if Change.objects.filter(face=face, pk__gt=change.pk).exists():
            raise NotUndone("This face was changed again since: undo that first.")
        before = {name: change.before[name] for name in KEPT_FIELDS}
        named_at = change.before["named_at"]
        _write(
            face,
            {
                **before,
                "person_id": _still_there(before["person_id"]),
                "named_at": datetime.fromisoformat(named_at) if named_at else None,
                "embedding": change.embeddings,
            },
        )
        change.delete()
    audit.record(actor, "correction undone", before["person_id"] or "", face=face.pk)


def _still_there(person_id: str | None) -> str | None:
    """The person, unless they were erased meanwhile."""
    return Subject.objects.filter(pk=person_id, erased_at=None).values_list("pk", flat=True).first()


def forget_old_changes(now: datetime) -> None:
    """What can no longer be undone is not kept."""
    Change.objects.filter(made_at__lt=now - KEPT).delete()
