"""What faces look like, and near misses: who a face may be that did not get their name."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from faceweb.models import Face, Job, Likely, Subject
from recognition.comparing import Comparison, compare
from recognition.registry.models import known_models
from recognition.types import Embedding

NEAR_MISS = 0.25
"""The least similarity of "perhaps Ann": about 10 % farther away than the threshold."""


def looks_of(stored: bytes | memoryview | None) -> Embedding:
    """An embedding as rows keep it -> numbers."""
    return np.frombuffer(bytes(stored or b""), "<f4")


def is_near(similarity: float) -> bool:
    """True for a similarity that is enough for "perhaps"."""
    return similarity >= NEAR_MISS


def near_miss(face: Face) -> Likely | None:
    """The person who nearly got the face, or None where nobody came near. `shown_faces` has looked
    up the names."""
    nearest = next(iter(face.nearest), None)
    return nearest if nearest and is_near(nearest.similarity) else None


class NotComparable(Exception):
    """Two pictures that can't be compared; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A face of each picture, and how alike they are."""

    one: Face
    other: Face
    found: Comparison

    @property
    def percent(self) -> int:
        """How alike the two faces are, 0 to 100."""
        return round(self.found.similarity * 100)

    @property
    def verdict(self) -> str:
        """What the similarity means, in words."""
        if self.found.same_person:
            return "The same person"
        return "Perhaps the same person" if is_near(self.found.similarity) else "Different people"


def best_pair(jobs: tuple[Job, Job], ones: Sequence[Face], others: Sequence[Face]) -> Pair:
    """The two most alike of the faces of two answered pictures. Raises NotComparable."""
    if jobs[0].model != jobs[1].model:
        raise NotComparable("The pictures were seen by two models: send both again.")
    model = known_models().get(jobs[0].model)
    if model is None:
        raise NotComparable(f"The model {jobs[0].model} is not known here.")
    pairs = [
        Pair(
            one=one,
            other=other,
            found=compare(looks_of(one.embedding), looks_of(other.embedding), model),
        )
        for one, other in product(_seen(ones), _seen(others))
    ]
    if not pairs:
        raise NotComparable("What they look like is not kept any more: drop both again.")
    return min(pairs, key=lambda pair: pair.found.distance)


def _seen(faces: Sequence[Face]) -> list[Face]:
    return [face for face in faces if face.embedding is not None]


LOOKED_AT = 100
ALIKE = 0.5
"""The similarity at the threshold: such a face would have got either name."""
SHOWN = 3


def possible_duplicates(person_id: str) -> list[Subject]:
    """The people whom the newest faces of a person would have passed for, the most frequent first.

    Only what is in the rows is read, so it costs the same however large the gallery is.
    """
    newest = Face.objects.filter(person=person_id).order_by("-seen_at")[:LOOKED_AT]
    near = Counter(
        other
        for candidates in newest.values_list("candidates", flat=True)
        for other, _, similarity in candidates
        if similarity >= ALIKE and other != person_id
    )
    ids = [other for other, _ in near.most_common(SHOWN)]
    people = Subject.objects.filter(examples__gt=0, erased_at=None).in_bulk(ids)
    return [people[one] for one in ids if one in people]
