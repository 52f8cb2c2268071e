"""Pages of jobs and videos, newest first, by a cursor that names the last row seen.

A list may have several sources, each with its own index: the answers that were a word, and
everything that shows a person. A row that is in several is shown once.
"""

import base64
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from django.db.models import Q, QuerySet

from faceweb.models import Face, Job, Video

Row = TypeVar("Row", Job, Video)

MOST_FACES_AT_ONCE = 5_000


class CursorRefused(Exception):
    """A cursor that is not from us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePosition:
    """The last row seen."""

    moment: datetime
    row_id: uuid.UUID


Source = Callable[[PagePosition | None, Row | None, int], list[Row]]
"""Gives a number of rows after a place, newest first, down to the last row that a page looks at."""


def rows_after(
    sources: Sequence[Source[Row]],
    cursor: str | None,
    limit: int,
    whole: QuerySet[Row] | None = None,
    looked_at: int | None = None,
) -> tuple[list[Row], str | None]:
    """The next `limit` rows of all sources, newest first, and the cursor of those after.

    Where no index finds the rows, a page ends after `looked_at` rows of the `whole` list. It may
    then hold few rows or none, but it has a cursor. Raises CursorRefused.
    """
    place = _read_cursor(cursor) if cursor else None
    end = None if whole is None or looked_at is None else _end_of_page(whole, place, looked_at)
    rows = _newest_first(row for source in sources for row in source(place, end, limit + 1))
    if len(rows) > limit:
        return rows[:limit], _cursor(rows[limit - 1])
    return rows, _cursor(end) if end else None


def _end_of_page(rows: QuerySet[Row], place: PagePosition | None, looked_at: int) -> Row | None:
    """The last row that a page looks at; None where that is the oldest."""
    looked = _between(rows, place, None).order_by("-created_at", "-pk").only("created_at")
    return next(iter(looked[looked_at : looked_at + 1]), None)


def newest(rows: QuerySet[Row]) -> Source[Row]:
    """All rows of a query."""

    def some(place: PagePosition | None, end: Row | None, count: int) -> list[Row]:
        return list(_between(rows, place, end).order_by("-created_at", "-pk")[:count])

    return some


def showing(rows: QuerySet[Row], person_id: str, key: str) -> Source[Row]:
    """Those rows of a query that show a person; `key` is the face's field of them.

    The person's faces are read newest first, so that a page costs the same however many there are.
    """

    def some(place: PagePosition | None, end: Row | None, count: int) -> list[Row]:
        found: list[Row] = []
        for ids in _ids_of_rows(person_id, key, place, count):
            found += _between(rows.filter(pk__in=ids), place, end)
            if len(found) >= count:
                break
        return _newest_first(found)[:count]

    return some


def _ids_of_rows(
    person_id: str, key: str, place: PagePosition | None, count: int
) -> Iterator[set[uuid.UUID]]:
    """Ids of rows with the person, newest first, in growing parts; none comes twice."""
    faces = Face.objects.filter(person=person_id, **{f"{key}__isnull": False})
    if place is not None:
        faces = faces.filter(seen_at__lte=place.moment)
    ids = faces.order_by("-seen_at", f"-{key}_id").values_list(f"{key}_id", flat=True)
    start, size, passed = 0, 2 * count, set[uuid.UUID]()
    while part := list(ids[start : start + size]):
        yield set(part) - passed
        passed |= set(part)
        start, size = start + size, min(2 * size, MOST_FACES_AT_ONCE)


def _newest_first(rows: Iterator[Row] | Sequence[Row]) -> list[Row]:
    unordered = {row.pk: row for row in rows}
    return sorted(unordered.values(), key=lambda row: (row.created_at, row.pk.hex), reverse=True)


def _between(rows: QuerySet[Row], place: PagePosition | None, end: Row | None) -> QuerySet[Row]:
    if place is not None:
        earlier = Q(created_at__lt=place.moment) | Q(created_at=place.moment, pk__lt=place.row_id)
        rows = rows.filter(earlier, created_at__lte=place.moment)
    if end is not None:
        later = Q(created_at__gt=end.created_at) | Q(created_at=end.created_at, pk__gte=end.pk)
        rows = rows.filter(later, created_at__gte=end.created_at)
    return rows


def _cursor(row: Job | Video) -> str:
    text = f"{row.created_at.isoformat()}|{row.pk}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> PagePosition:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        moment, _, row_id = base64.urlsafe_b64decode(padded).decode().partition("|")
        read = datetime.fromisoformat(moment)
        if read.tzinfo is None:
            raise ValueError("no time zone")
        return PagePosition(moment=read.astimezone(UTC), row_id=uuid.UUID(row_id))
    except (ValueError, OverflowError):
        raise CursorRefused("The cursor is not one of ours: use `next` of a page.") from None
