"""The people as pages and API list them, from their rows: a page at a time, by name."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from faceweb.jobs.paging import CursorRefused
from faceweb.models import ExamplePicture, Subject
from foundation.collections import DEFAULT
from recognition.gallery.names import name_key


def people_after(
    after: str | None, limit: int, search: str = "", collection: str = DEFAULT
) -> tuple[list[Subject], str | None]:
    """The next people behind the one of an id, by name without case, and the id for the page behind
    them. Each says whether they are `pictured`.

    `search` is a text in their names. Raises CursorRefused for an id that is nobody's any more.
    """
    here = Subject.objects.filter(collection=collection, examples__gt=0, erased_at=None)
    pictures = ExamplePicture.objects.filter(person_id=OuterRef("pk"))
    rows: QuerySet[Subject] = here.annotate(pictured=Exists(pictures)).order_by("name_key", "pk")
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


def cover_of(person_id: str) -> str:
    """The example that lists show of a person: the chosen one, else the newest."""
    kept = ExamplePicture.objects.filter(person_id=person_id).values_list("example_id", flat=True)
    chosen = Subject.objects.filter(pk=person_id).values("cover")
    return kept.filter(example_id__in=chosen).first() or kept.first() or ""
