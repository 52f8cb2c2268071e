"""Names of people who have no example yet, or none any more: clients of CompreFace add people
before their pictures. The gallery holds only people whom somebody can look like."""

from __future__ import annotations

from django.utils import timezone

from faceweb.models import ExpectedPerson
from recognition.gallery.names import name_key


def names() -> list[str]:
    return list(ExpectedPerson.objects.values_list("name", flat=True))


def expect(name: str) -> None:
    """Pictures of somebody of this name will come."""
    ExpectedPerson.objects.get_or_create(
        name_key=name_key(name), defaults={"name": name, "made_at": timezone.now()}
    )


def forget(name: str) -> str | None:
    """The name is not expected any more. Returns it as it was written, or None."""
    row = ExpectedPerson.objects.filter(name_key=name_key(name)).first()
    if row is None:
        return None
    row.delete()
    return row.name
