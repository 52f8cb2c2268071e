"""Who a face may show: the nearest people, drawn against the threshold, and near misses."""

from __future__ import annotations

from dataclasses import dataclass

from faceweb.models import Face

NEAR_MISS = 0.25
"""The least similarity of "perhaps Ann": about 10 % farther away than the threshold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Likely:
    """A person whom a face may show. The threshold is at 50 percent."""

    person_id: str
    name: str
    similarity: float
    distance: float

    @property
    def percent(self) -> int:
        return round(self.similarity * 100)


def likely_people(face: Face) -> list[Likely]:
    """The people nearest to a face, nearest first; `shown_faces` has looked up their names."""
    return [
        Likely(
            person_id=one["person_id"],
            name=one["name"],
            similarity=one["similarity"],
            distance=one["distance"],
        )
        for one in face.nearest
    ]


def is_near(similarity: float) -> bool:
    """True for a similarity that is enough for "perhaps"."""
    return similarity >= NEAR_MISS


def near_miss(face: Face) -> Likely | None:
    """The person who nearly got the face, or None where nobody came near."""
    nearest = next(iter(likely_people(face)), None)
    return nearest if nearest and is_near(nearest.similarity) else None
