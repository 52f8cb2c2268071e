"""Faces that nobody could name, grouped by likeness: naming one names its group.

A page looks at the newest faces, so it costs the same however many wait.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from faceweb.models import Face
from faceweb.people.strangers.grouping import Look, Stranger, strangers_among
from foundation.collections import DEFAULT
from recognition.registry.models import known_models

LOOKED_AT = 2_000
SHOWN = 20
COLUMNS = ("pk", "seen_at", "job__model", "embedding", "stranger")


class BadPlace(ValueError):
    """A place in the list that is not from us."""


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
        end = self.start + SHOWN
        return end if end < self.strangers else None


def unknown_page(before: str = "", start: int = 0, collection: str = DEFAULT) -> UnknownPage:
    """The groups among a collection's newest waiting faces, behind a place. Raises BadPlace."""
    rows = list(_waiting(collection, before)[:LOOKED_AT])
    groups = [group for model in {row[2] for row in rows} for group in _of_model(model, rows)]
    groups.sort(key=lambda group: -group.count)
    return UnknownPage(
        groups=groups[start : start + SHOWN],
        faces=len(rows),
        strangers=len(groups),
        start=start,
        older=f"{rows[-1][1].isoformat()}|{rows[-1][0]}" if len(rows) == LOOKED_AT else "",
    )


def _waiting(
    collection: str, before: str
) -> Sequence[tuple[int, datetime, str, bytes, int | None]]:
    waiting = Face.objects.filter(
        is_unknown=True, job__collection=collection, embedding__isnull=False
    )
    if before:
        moment, number = _place(before)
        waiting = waiting.filter(seen_at__lte=moment).exclude(seen_at=moment, pk__gte=number)
    return waiting.order_by("-seen_at", "-pk").values_list(*COLUMNS)  # type: ignore[return-value]


def _place(text: str) -> tuple[datetime, int]:
    moment, _, number = text.partition("|")
    try:
        read = datetime.fromisoformat(moment)
        if read.tzinfo is None or not number.isdecimal():
            raise ValueError
        return read, int(number)
    except ValueError:
        raise BadPlace(text) from None


def _of_model(
    model: str, rows: Sequence[tuple[int, datetime, str, bytes, int | None]]
) -> list[Stranger]:
    """The groups of one model's faces; faces of a model that is not known here stay alone."""
    known = known_models().get(model)
    return strangers_among(list(_looks(model, rows)), known.pair_threshold if known else 0.0)


def _looks(
    model: str, rows: Sequence[tuple[int, datetime, str, bytes, int | None]]
) -> Iterator[Look]:
    for pk, _, its_model, embedding, stranger in rows:
        if its_model == model:
            looks = np.frombuffer(bytes(embedding), "<f4")
            yield Look(pk=pk, embedding=looks, stranger=stranger)
