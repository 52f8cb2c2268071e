"""Faces that nobody could name, grouped by likeness: naming one names its group.

A page looks at the newest faces, so it costs the same however many wait.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from faceweb.jobs.paging import CursorRefused
from faceweb.models import Face
from faceweb.people.faces.likeness import looks_of
from faceweb.people.strangers.grouping import Look, Stranger, strangers_among
from foundation.collections import DEFAULT
from recognition.registry.models import known_models

LOOKED_AT = 2_000
SHOWN = 20
COLUMNS = ("pk", "seen_at", "job__model", "embedding", "stranger")
Row = tuple[int, datetime, str, bytes, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownPage:
    """Some groups of unknown faces, largest first, how many there are, and what comes next.

    `older` is the place behind the faces that this page looked at; empty where that is all.
    """

    groups: Sequence[Stranger]
    faces: int
    strangers: int
    start: int
    older: str

    @property
    def next_start(self) -> int | None:
        """The number of the next page's first group; None on the last page."""
        end = self.start + SHOWN
        return end if end < self.strangers else None


def unknown_page(
    before: str | None = None, start: int = 0, collection: str = DEFAULT
) -> UnknownPage:
    """The groups among a collection's newest waiting faces, behind a place. Raises
    CursorRefused."""
    waiting = waiting_faces(collection)
    if before:
        moment, number = _place(before)
        waiting = waiting.filter(seen_at__lte=moment).exclude(seen_at=moment, pk__gte=number)
    rows: list[Row] = list(waiting.values_list(*COLUMNS)[:LOOKED_AT])
    groups = [group for model in {row[2] for row in rows} for group in _of_model(model, rows)]
    groups.sort(key=lambda group: -group.count)
    return UnknownPage(
        groups=groups[start : start + SHOWN],
        faces=len(rows),
        strangers=len(groups),
        start=start,
        older=f"{rows[-1][1].isoformat()}|{rows[-1][0]}" if len(rows) == LOOKED_AT else "",
    )


def waiting_faces(collection: str) -> QuerySet[Face]:
    """The faces of a collection's pictures that wait for a name, the newest first."""
    waiting = Face.objects.filter(is_unknown=True, embedding__isnull=False)
    return waiting.filter(job__collection=collection).order_by("-seen_at", "-pk")


def _place(text: str) -> tuple[datetime, int]:
    moment, _, number = text.partition("|")
    try:
        read = datetime.fromisoformat(moment)
        if read.tzinfo is None or not number.isdecimal():
            raise ValueError
        return read, int(number)
    except ValueError:
        raise CursorRefused("`before` is no place in this list.") from None


def _of_model(model: str, rows: Sequence[Row]) -> list[Stranger]:
    """The groups of one model's faces; faces of a model that is not known here stay alone."""
    known = known_models().get(model)
    looks = [
        Look(pk=pk, embedding=looks_of(embedding), stranger=stranger)
        for pk, _, its_model, embedding, stranger in rows
        if its_model == model
    ]
    return strangers_among(looks, known.pair_threshold if known else 0.0)
