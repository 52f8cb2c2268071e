"""Names of people who have no example yet, or none any more.

CompreFace's clients add people before their pictures. The gallery holds only people who
have examples.
"""

from django.utils import timezone

from faceweb.models import ExpectedPerson
from foundation.collections import DEFAULT
from recognition.gallery.names import name_key


def names(collection: str = DEFAULT) -> list[str]:
    """The names of a collection's people who have no example."""
    here = ExpectedPerson.objects.filter(collection=collection)
    return list(here.values_list("name", flat=True))


def expect(name: str, collection: str = DEFAULT) -> None:
    """Pictures of somebody of this name will come."""
    ExpectedPerson.objects.get_or_create(
        collection_id=collection,
        name_key=name_key(name),
        defaults={"name": name, "made_at": timezone.now()},
    )


def forget(name: str, collection: str = DEFAULT) -> str | None:
    """The name is not expected any more. Returns it as it was written, or None."""
    row = ExpectedPerson.objects.filter(collection=collection, name_key=name_key(name)).first()
    if row is None:
        return None
    row.delete()
    return row.name
