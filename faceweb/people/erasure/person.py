"""The person who is being erased, as the steps know them: ids, names, and the time that is left."""

import time
from dataclasses import dataclass
from functools import cached_property

from faceweb.models import Erasure, Subject
from faceweb.people.erasure.their_names import TheirNames, hash_of, without_others
from faceweb.replies.leases import PATIENCE_SECONDS
from foundation.collections import DEFAULT


class GoesOn(Exception):
    """The time for this part of the work is over: the upkeep does the rest."""


@dataclass(frozen=True, kw_only=True)
class ErasedPerson:
    """Ids and names of the person, and the record that counts what was found."""

    erasure: Erasure
    until: float | None = None
    """When a waiting request gets its answer, by `time.monotonic`; None: nobody waits."""

    @property
    def patience_seconds(self) -> float:
        """How long to wait for somebody else who changes the gallery."""
        return PATIENCE_SECONDS if self.until is None else max(self.until - time.monotonic(), 0.0)

    def stop_when_late(self) -> None:
        """Called between two pieces of the work. Raises GoesOn."""
        if self.until is not None and time.monotonic() >= self.until:
            raise GoesOn

    @property
    def ids(self) -> list[str]:
        """The ids that the person has in the gallery."""
        return list(self.erasure.ids)

    @cached_property
    def collection(self) -> str:
        """The collection that they are in. Another's people of the same name are others."""
        row = Subject.objects.filter(pk=self.erasure.person_id)
        return row.values_list("collection_id", flat=True).first() or DEFAULT

    @cached_property
    def names(self) -> TheirNames:
        """What answers without an id are known by."""
        former = set(self.erasure.name_hashes) - set(map(hash_of, self.erasure.names))
        if former:
            here = Subject.objects.filter(collection=self.collection, examples__gt=0)
            others = here.exclude(pk__in=self.ids).values_list("name", flat=True)
            former -= set(map(hash_of, others))
        return TheirNames(plain=self.words, hashes=frozenset(former))

    @cached_property
    def words(self) -> frozenset[str]:
        """Their names, but those that somebody else has now."""
        return without_others(self.erasure.names, self.ids, self.collection)

    def count(self, what: str, found: int) -> None:
        """Note how much was found; in the same transaction as what was done about it."""
        if found:
            self.erasure.counts[what] = self.erasure.counts.get(what, 0) + found
            self.erasure.save(update_fields=["counts"])
