"""The faces of two pictures that are compared: the pair that is most alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from faceweb.models import Face, Job
from faceweb.people.faces.likeness import is_near, looks_of
from recognition.comparing import Comparison, compare
from recognition.registry.models import known_models


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
