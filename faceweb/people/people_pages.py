"""The people as pages list them, from their rows: a page at a time, by name."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from faceweb.jobs.paging import CursorRefused
from faceweb.models import ExamplePicture, Subject
from foundation.collections import DEFAULT
from recognition.gallery.names import name_key

PAGE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class PeoplePage:
    """Some people, those of them with a picture, and whom the next page comes after."""

    people: list[Subject]
    pictured: frozenset[str]
    after: str | None


def enrolled(collection: str = DEFAULT) -> QuerySet[Subject]:
    """Everybody in a collection, by name without case."""
    found = Subject.objects.filter(collection=collection, examples__gt=0, erased_at=None)
    return found.order_by("name_key", "pk")


def people_after(
    after: str | None, limit: int, search: str = "", collection: str = DEFAULT
) -> tuple[list[Subject], str | None]:
    """The next people behind the one of an id, and the id for the page behind them.

    `search` is a text in their names. Raises CursorRefused for an id that is nobody's any more.
    """
    rows = enrolled(collection)
    if search:
        rows = rows.filter(name_key__contains=name_key(search))
    if after:
        last = Subject.objects.filter(pk=after, collection=collection, erased_at=None).first()
        if last is None:
            raise CursorRefused("Nobody has the id in `after` any more: begin at the first page.")
        behind = Q(name_key=last.name_key, pk__gt=last.pk) | Q(name_key__gt=last.name_key)
        rows = rows.filter(behind, name_key__gte=last.name_key)
    people = list(rows[: limit + 1])
    return people[:limit], people[limit - 1].pk if len(people) > limit else None


def people_page(after: str | None, search: str, collection: str = DEFAULT) -> PeoplePage:
    """The people of one page. Raises CursorRefused."""
    shown, more = people_after(after, PAGE, search, collection)
    kept = ExamplePicture.objects.filter(person_id__in=[one.pk for one in shown])
    pictured = frozenset(kept.values_list("person_id", flat=True))
    return PeoplePage(people=shown, pictured=pictured, after=more)


def cover_of(person_id: str) -> str:
    """The example that lists show of a person: the chosen one, else the newest."""
    kept = ExamplePicture.objects.filter(person_id=person_id).values_list("example_id", flat=True)
    chosen = Subject.objects.filter(pk=person_id).values("cover")
    return kept.filter(example_id__in=chosen).first() or kept.first() or ""
