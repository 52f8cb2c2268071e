"""Answers that come when their person was erased already: known by the names' hashes."""

from collections.abc import Collection
from datetime import timedelta
from itertools import chain

from django.utils import timezone

from faceweb.models import Erasure, ErasureState, Subject

HASHES_KEPT = timedelta(days=7)


def erased_lately(collection: str) -> frozenset[str]:
    """Hashes of the names of a collection's people who were erased lately."""
    lately = Erasure.objects.filter(
        started_at__gte=timezone.now() - HASHES_KEPT,
        person_id__in=Subject.objects.filter(collection=collection).values("pk"),
    )
    return frozenset(chain.from_iterable(lately.values_list("name_hashes", flat=True)))


def reopen_for(person_ids: Collection[str]) -> None:
    """The second look is due again: a worker may have written the answer to the out-bucket."""
    late = Erasure.objects.filter(person_id__in=person_ids).exclude(state=ErasureState.RUNNING)
    late.update(state=ErasureState.WATCHING, due_at=timezone.now())
