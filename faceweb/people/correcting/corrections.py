"""A person says whose face it is, that nobody knows it, or that it is no face; each can be undone.

The row says it at once, so headline, lists and searches follow. The row's earlier content is kept
as a `Change`, for a day.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from faceweb.access import audit
from faceweb.models import Change, ChangeKind, DismissedFace, Face, Subject
from faceweb.people.correcting.naming import said_by_user
from faceweb.people.strangers.saying import keep_dismissed
from faceweb.videos.people import rewrite_people

NOT_A_FACE = "somebody said that this is no face"
KEPT = timedelta(days=1)
KEPT_FIELDS = ("person_id", "source", "similarity", "distance", "is_unknown", "left_out")


class NotUndone(Exception):
    """A change that can't be undone; the text says why."""


def say_person(
    faces: Sequence[Face], person_id: str, actor: str, example: str = ""
) -> list[Change]:
    """The faces are this person's. `example` is what the gallery learnt from them, if anything."""
    return _say(faces, actor, {"person_id": person_id}, example)


def say_nobody(faces: Sequence[Face], actor: str) -> list[Change]:
    """Nobody knows whose faces they are, and they are not asked for again."""
    return _say(faces, actor, {})


def dismiss(faces: Sequence[Face], actor: str) -> list[Change]:
    """Nobody is asked for ever who they are, nor who looks like them."""
    changes = say_nobody(faces, actor)
    keep_dismissed([face for face in faces if face.embedding is not None])
    return changes


def say_no_face(faces: Sequence[Face], actor: str) -> list[Change]:
    """There is no face."""
    return _say(faces, actor, {"left_out": NOT_A_FACE})


def _say(
    faces: Sequence[Face], actor: str, statement: Mapping[str, object], example: str = ""
) -> list[Change]:
    """Each row says it, and keeps what it said before. Some statements for all of them."""
    now = timezone.now()
    with transaction.atomic():
        were = list(Face.objects.select_for_update().filter(pk__in=[one.pk for one in faces]))
        changes = Change.objects.bulk_create(
            [_change(was, actor, now, statement.get("person_id"), example) for was in were]
        )
        for left_out, pks in _by_reason(were).items():
            values = {**said_by_user(), "left_out": left_out, **statement}
            Face.objects.filter(pk__in=pks).update(**values)
        DismissedFace.objects.filter(face__in=were).delete()
    rewrite_people({was.video_id for was in were if was.video_id})
    for was in were:
        audit.record(actor, "face corrected", statement.get("person_id", ""), face=was.pk)
    return changes


def _change(was: Face, actor: str, now: datetime, person_id: object, example: str) -> Change:
    return Change(
        kind=ChangeKind.FACE,
        actor=actor[:150],
        made_at=now,
        face=was,
        people=sorted({was.person_id, person_id} - {None}),
        before={
            **{name: getattr(was, name) for name in KEPT_FIELDS},
            "named_at": was.named_at.isoformat() if was.named_at else None,
            "example": example,
        },
        embeddings=was.embedding,
    )


def _by_reason(were: Sequence[Face]) -> Mapping[str, list[int]]:
    """The rows by why they were left out, without what a person said of that."""
    found: dict[str, list[int]] = defaultdict(list)
    for was in were:
        found["" if was.left_out == NOT_A_FACE else was.left_out].append(was.pk)
    return found


def undo_face(change: Change, actor: str) -> None:
    """The face is whose it was before. Raises NotUndone where it was changed again."""
    face = change.face
    assert face is not None  # noqa: S101 - a change of a face goes with it
    with transaction.atomic():
        if Change.objects.filter(face=face, pk__gt=change.pk).exists():
            raise NotUndone("This face was changed again since: undo that first.")
        before = {name: change.before[name] for name in KEPT_FIELDS}
        named_at = change.before["named_at"]
        before |= {
            "person_id": _still_there(before["person_id"]),
            "named_at": datetime.fromisoformat(named_at) if named_at else None,
            "embedding": change.embeddings,
        }
        Face.objects.filter(pk=face.pk).update(**before)
        DismissedFace.objects.filter(face=face).delete()
        change.delete()
    rewrite_people({face.video_id} if face.video_id else ())
    audit.record(actor, "correction undone", change.before["person_id"] or "", face=face.pk)


def _still_there(person_id: str | None) -> str | None:
    """The person, unless they were erased meanwhile."""
    return Subject.objects.filter(pk=person_id, erased_at=None).values_list("pk", flat=True).first()


def forget_old_changes(now: datetime) -> None:
    """Changes that can no longer be undone are not kept."""
    Change.objects.filter(made_at__lt=now - KEPT).delete()
