"""Undoes what people changed: a face's name, a merge, a removed example."""

from __future__ import annotations

from contextlib import suppress

from faceweb.models import Change, ChangeKind
from faceweb.people.faces.corrections import NotUndone, undo_face
from faceweb.people.subjects import NoSuchSubject, Subjects
from recognition.errors import GalleryError

__all__ = ["NotUndone", "undo"]


def undo(change: Change, people: Subjects) -> None:
    """Raises NotUndone, GalleryError, LeaseTaken."""
    if change.kind == ChangeKind.FACE:
        _undo_face(change, people)


def _undo_face(change: Change, people: Subjects) -> None:
    """What the gallery learnt from the face goes, too; a person's only example takes them along."""
    example, said = change.before["example"], list(change.people)
    undo_face(change, people.actor)
    for person_id in said if example else ():
        with suppress(NoSuchSubject, GalleryError):
            people.remove_example(person_id, example)
