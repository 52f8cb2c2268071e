"""Says in the rows who a face is and who is the same person, and keeps what a day can undo."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from faceweb.models import (
    Change,
    ChangeKind,
    ExamplePicture,
    Face,
    FaceSource,
    Job,
    JobKind,
    Subject,
)
from faceweb.people.faces.likeness import looks_of
from recognition.gallery.gallery import example_id
from recognition.types import Embedding


class NoUsableFace(Exception):
    """A face that can't become an example; the text says why."""


def face_to_name(job: Job, number: int) -> Face:
    """The face of a job that is to become an example. Raises NoUsableFace."""
    faces = {face.number: face for face in job.faces.all()}
    if not faces:
        raise NoUsableFace(job.error or "No face was found in the picture.")
    if number not in faces:
        raise NoUsableFace(f"The picture has {len(faces)} faces; there is no face {number}.")
    face = faces[number]
    if job.kind == JobKind.EMBED and face.left_out:
        raise NoUsableFace(f"The face is not used: {face.left_out}.")
    if face.embedding is None:
        raise NoUsableFace("This face has a name already, or its embedding was erased.")
    return face


def note_person(face: Face, person_id: str) -> None:
    """Somebody said whose face it is. The gallery has its embedding now; here it goes."""
    Face.objects.filter(pk=face.pk).update(**said_by_user(person_id))


def said_by_user(person_id: str | None = None) -> dict[str, object]:
    """The fields of a face that a person has looked at, who named this person or nobody."""
    return {
        "person_id": person_id,
        "source": FaceSource.USER,
        "named_at": timezone.now(),
        "similarity": None,
        "distance": None,
        "embedding": None,
        "is_unknown": False,
    }


def note_merged(person_id: str, into_id: str) -> None:
    """Answers about the first person, and about all who were merged into them, follow."""
    with transaction.atomic():
        merged = Subject.objects.filter(Q(pk=person_id) | Q(merged_into=person_id))
        merged.update(merged_into=into_id)


def note_merge(
    person_id: str,
    into_id: str,
    model: str,
    rows: Sequence[Embedding],
    had: Collection[str],
    actor: str,
) -> Change:
    """`rows` are the first person's examples, `had` the ids of those that the second had."""
    ids = [example_id(row) for row in rows]
    pictured = ExamplePicture.objects.filter(person_id=person_id)
    merged = Subject.objects.filter(merged_into=person_id).values_list("pk", flat=True)
    before = {
        "model": model,
        "from": person_id,
        "into": into_id,
        "added": [one for one in ids if one not in had],
        "pictures": list(pictured.values_list("example_id", flat=True)),
        "merged": list(merged),
    }
    return _noted(ChangeKind.MERGE, actor, [person_id, into_id], before, rows)


def note_removal(
    person_id: str, removed: str, model: str, row: Embedding, picture: bytes | None, actor: str
) -> Change:
    """Keep an example that is removed, with its cut-out face."""
    before = {"model": model, "example": removed}
    return _noted(ChangeKind.EXAMPLE, actor, [person_id], before, [row], picture)


def _noted(
    kind: ChangeKind,
    actor: str,
    people: list[str],
    before: Mapping[str, object],
    rows: Sequence[Embedding],
    picture: bytes | None = None,
) -> Change:
    return Change.objects.create(
        kind=kind,
        actor=actor[:150],
        made_at=timezone.now(),
        people=people,
        before={**before, "rows": len(rows)},
        embeddings=np.asarray(rows, "<f4").tobytes(),
        picture=picture,
    )


def rows_of(change: Change) -> list[Embedding]:
    """The examples that the change took away."""
    flat = looks_of(change.embeddings)
    return list(flat.reshape(change.before["rows"], -1))
