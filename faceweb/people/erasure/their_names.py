"""The names that an erased person had: how texts have them, and what is kept to know them again."""

import json
import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import cached_property

from django.utils.crypto import salted_hmac

from faceweb.models import Subject
from recognition.gallery.names import name_key

SALT = "names of erased people"


def hash_of(name: str) -> str:
    """What is kept of a name: enough to know it again, and no more."""
    return salted_hmac(SALT, name_key(name), algorithm="sha256").hexdigest()


@dataclass(frozen=True, kw_only=True)
class TheirNames:
    """All names of one person: in plain words, and hashes of former ones."""

    plain: frozenset[str]
    hashes: frozenset[str] = field(default=frozenset())

    def is_theirs(self, word: str) -> bool:
        """Whether a whole answer is one of the names."""
        return bool(word) and (name_key(word) in self._keys or hash_of(word) in self.hashes)

    def are_in(self, text: str) -> bool:
        """Whether a text says one of the names, as words of their own."""
        return self._pattern is not None and self._pattern.search(text) is not None

    def are_in_file_name(self, name: str) -> bool:
        """The same of a file's name, which joins words with other signs."""
        return self.are_in(re.sub(r"[_\-.+]+", " ", name))

    @cached_property
    def _keys(self) -> frozenset[str]:
        return frozenset(map(name_key, self.plain))

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        return pattern_of(self.plain)


def pattern_of(names: Collection[str]) -> re.Pattern[str] | None:
    """Finds one of the names as words, also as JSON writes it; None without names."""
    forms = sorted({re.escape(form) for name in names for form in written_forms(name)})
    if not forms:
        return None
    return re.compile(rf"(?<!\w)(?:{'|'.join(forms)})(?!\w)", re.IGNORECASE)


def written_forms(name: str) -> set[str]:
    """A name as texts have it: composed or not (file names of macOS), plain or as JSON escapes."""
    plain = {name, *(unicodedata.normalize(form, name) for form in ("NFC", "NFD"))}
    return plain | {json.dumps(form)[1:-1] for form in plain}


def without_others(names: Iterable[str], ids: Collection[str], collection: str) -> frozenset[str]:
    """The names that nobody else of the collection has now: answers with those may be about
    the other."""
    by_key = {Subject.key_of(name): name for name in names}
    here = Subject.objects.filter(collection=collection, name_key__in=by_key, examples__gt=0)
    shared = set(here.exclude(pk__in=ids).values_list("name_key", flat=True))
    return frozenset(name for key, name in by_key.items() if key not in shared)
