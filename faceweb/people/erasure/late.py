"""Answers that come when their person was erased already: known by the names' hashes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from django.utils import timezone

from faceweb.models import Erasure, ErasureState
from faceweb.people.erasure.names import hash_of, without_others

HASHES_KEPT = timedelta(days=7)


def recently_erased() -> frozenset[str]:
    """Hashes of the names of people who were erased lately."""
    lately = Erasure.objects.filter(started_at__gte=timezone.now() - HASHES_KEPT)
    return frozenset(
        one for hashes in lately.values_list("name_hashes", flat=True) for one in hashes
    )


def erased_words(words: Collection[str]) -> frozenset[str]:
    """Which of the words was the name of somebody erased lately, and is nobody's name now."""
    hashes = recently_erased() if words else frozenset()
    found = {word for word in words if hash_of(word) in hashes}
    return without_others(found, ()) if found else frozenset()


def reopen_for(person_ids: Collection[str]) -> None:
    """The second look is due again: a worker may have written the answer to the out-bucket."""
    late = Erasure.objects.filter(person_id__in=person_ids).exclude(state=ErasureState.RUNNING)
    late.update(state=ErasureState.WATCHING, due_at=timezone.now())
