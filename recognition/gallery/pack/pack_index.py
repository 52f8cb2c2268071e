"""Which rows of a pack are whose, and what a new version of the gallery changes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import TypeAdapter

from recognition.gallery.gallery import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One person's rows: `count` from `start` on, made from a file of that hash."""

    person: str
    sha256: str
    start: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PackIndex:
    """The pack's content: parts in the order of their rows, with holes between them.

    `rows` is where the last part ends, `centre` the point that the sketches' planes go through.
    """

    generation: int
    model: str
    dimension: int
    version: str
    rows: int
    centre: tuple[float, ...]
    parts: tuple[Part, ...]

    @classmethod
    def empty(cls, generation: int, model: str, dimension: int) -> PackIndex:
        """The index of a pack without rows."""
        return cls(
            generation=generation, model=model, dimension=dimension,
            version="", rows=0, centre=(), parts=(),
        )  # fmt: skip


AS_JSON = TypeAdapter(PackIndex)
"""The index as it is kept in its file, to and from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a new version of the gallery does to a pack.

    `holes` and `rows` are what there would be afterwards, without a new generation.
    """

    kept: tuple[Part, ...]
    removed: tuple[Part, ...]
    added: tuple[Person, ...]
    holes: int
    rows: int


def changes(index: PackIndex, people: Mapping[str, Person]) -> Changes:
    """Compare by person and hash: who has other examples is removed and added."""
    kept: list[Part] = []
    removed: list[Part] = []
    for part in index.parts:
        person = people.get(part.person)
        is_same = person is not None and person.sha256 == part.sha256
        (kept if is_same else removed).append(part)
    there = {part.person for part in kept}
    added = tuple(person for key, person in people.items() if key not in there)
    return Changes(
        kept=tuple(kept),
        removed=tuple(removed),
        added=added,
        holes=index.rows - sum(part.count for part in kept),
        rows=index.rows + sum(person.examples for person in added),
    )
