"""What people say about strangers: two groups are one, or a stranger is dismissed for ever."""

from collections import defaultdict
from collections.abc import Collection, Sequence

import numpy as np
from django.db import transaction
from django.utils import timezone

from faceweb.access import audit
from faceweb.models import Bookmark, Change, ChangeKind, DismissedFace, Face
from faceweb.people.faces.likeness import looks_of
from faceweb.people.strangers.grouping import GROUPING_SHARE
from foundation.collections import DEFAULT
from recognition.matching import Matrix, closeness, squared_norms
from recognition.registry.models import known_models

LOOKED_AT = 2_000
DISMISSING = "dismissing faces"
LIKE_DISMISSED = "like a face that was dismissed"
PAGE = 60
COLUMNS = ("pk", "job__model", "job__collection", "embedding")
MOST_LOOKS = 12
"""The embeddings of one stranger that are remembered: the first of each fold come first."""


def merge_strangers(faces: Collection[int], actor: str, collection: str) -> Change:
    """From now on these unknown faces are one stranger's, and so is who looks like them."""
    here = Face.objects.filter(pk__in=faces, job__collection=collection, is_unknown=True)
    with transaction.atomic():
        were = dict(here.values_list("pk", "stranger"))
        here.update(stranger=min(faces))
        before = {"collection": collection, "strangers": list(were.items())}
        change = Change.objects.create(
            kind=ChangeKind.GROUP, actor=actor[:150], made_at=timezone.now(), before=before
        )
    audit.record(actor, "strangers merged", min(faces), faces=len(were))
    return change


def undo_merging(change: Change, actor: str) -> None:
    """The faces are grouped as they were. Who was named or dismissed meanwhile stays so."""
    faces: dict[int | None, list[int]] = defaultdict(list)
    for pk, stranger in change.before["strangers"]:
        faces[stranger].append(pk)
    with transaction.atomic():
        for stranger, pks in faces.items():
            Face.objects.filter(pk__in=pks).update(stranger=stranger)
        change.delete()
    audit.record(actor, "merging of strangers undone", faces=sum(map(len, faces.values())))


def keep_dismissed(faces: Sequence[Face]) -> None:
    """Remember what dismissed faces look like. Faces like them are not asked for any more."""
    now = timezone.now()
    DismissedFace.objects.bulk_create(
        [
            DismissedFace(
                face=face, model=face.job.model, embedding=face.embedding, dismissed_at=now
            )
            for face in faces[:MOST_LOOKS]
            if face.job is not None
        ]
    )
    Bookmark.objects.filter(name=DISMISSING).delete()  # faces that wait already are looked at, too


def ask_again(face: Face, actor: str) -> None:
    """A dismissed face waits for a name again, and no longer hides those like it."""
    with transaction.atomic():
        kept = DismissedFace.objects.filter(face=face).first()
        if kept is None:
            return
        Face.objects.filter(pk=face.pk).update(
            is_unknown=True, embedding=kept.embedding, source="", named_at=None
        )
        kept.delete()
    audit.record(actor, "stranger asked for again", face.pk)


def dismissed_page(start: int, collection: str = DEFAULT) -> tuple[list[Face], bool]:
    """Some of a collection's dismissed faces, latest first, and whether there are more."""
    kept = DismissedFace.objects.filter(face__job__collection=collection).select_related(
        "face__job"
    )
    rows = list(kept.order_by("-dismissed_at", "-pk")[start : start + PAGE + 1])
    return [one.face for one in rows[:PAGE]], len(rows) > PAGE


def dismiss_alikes() -> int:
    """A round of the upkeep: dismiss waiting faces that look like dismissed ones. Returns how
    many there were. A bookmark says how far the faces are looked through."""
    if not DismissedFace.objects.exists():
        return 0
    place = Bookmark.objects.filter(name=DISMISSING).first()
    after = int(place.place["face"]) if place else 0
    waiting = Face.objects.filter(pk__gt=after, is_unknown=True, embedding__isnull=False)
    rows = list(waiting.order_by("pk").values_list(*COLUMNS)[:LOOKED_AT])
    if not rows:
        return 0
    seen = {row[1:3] for row in rows if row[1]}
    alike = [pk for model, collection in seen for pk in _alike(model, collection, rows)]
    Face.objects.filter(pk__in=alike, is_unknown=True).update(
        is_unknown=False, embedding=None, not_named=LIKE_DISMISSED
    )
    Bookmark.objects.update_or_create(name=DISMISSING, defaults={"place": {"face": rows[-1][0]}})
    return len(alike)


def _alike(
    model: str, collection: str, rows: Sequence[tuple[int, str, str, bytes | memoryview | None]]
) -> list[int]:
    """Which faces of a model are near to one that was dismissed in the same collection."""
    known = known_models().get(model)
    dismissed_here = DismissedFace.objects.filter(model=model, face__job__collection=collection)
    kept = dismissed_here.values_list("embedding", flat=True)
    if known is None or not kept:
        return []
    dismissed = _matrix(list(kept))
    norms = squared_norms(dismissed)
    largest = (GROUPING_SHARE * known.pair_threshold) ** 2
    return [
        pk
        for pk, its_model, its_collection, embedding in rows
        if (its_model, its_collection) == (model, collection)
        and float(closeness(looks := _matrix([embedding or b""])[0], dismissed, norms).min())
        + float(looks @ looks)
        <= largest
    ]


def _matrix(embeddings: Sequence[bytes | memoryview]) -> Matrix:
    return np.array([looks_of(one) for one in embeddings], np.float32)
