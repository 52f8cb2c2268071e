"""What a merge or a removed example did, kept so that it can be undone for a day."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from django.utils import timezone

from faceweb.models import Change, ChangeKind, ExamplePicture, Subject
from faceweb.people.faces.likeness import looks_of
from recognition.gallery.gallery import example_id
from recognition.types import Embedding


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
