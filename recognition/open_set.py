"""The open-set decision: who a face is, or nobody known. Pure.

A gallery of n examples is n comparisons, so the more there are, the nearer a stranger comes by
chance. FPIR is the share of strangers who get a name, TPIR the share of enrolled people who get the
right one (ISO/IEC 19795-1).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from recognition.matching import Match

REFERENCE_EXAMPLES = 10
REFERENCE_FPIR = 0.01
LEAST_THRESHOLD = 1e-6

SMALLEST_PIXELS = 16.0
STRICTER_BELOW_PIXELS = 28.0
STRICTEST = 0.92
"""Small faces look alike where the examples are small, too. To keep the FPIR at 16 pixels SFace
needs a threshold that is 4 % lower and dlib 8 %. At 20 pixels both need 2 to 4 %, at 28 none
(LFW)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdLine:
    """A model's thresholds: distance = a - b ln(n / 10) + c ln(FPIR / 0.01).

    Here n is how many comparisons a gallery is worth: people x (examples of each) ^ per_example.
    With 1 each example counts, with 0 only people do. Means of several examples attract fewer
    strangers than the examples alone, so their models have less than 1 (decision 0036).

    Parameters:
        a: the threshold for 10 comparisons and an FPIR of 1 %.
        b: how much nearer a face must be for each factor e of comparisons.
        c: how much farther it may be for each factor e of FPIR.
        per_example: how much further examples of the same person count, 0 to 1.
    """

    a: float
    b: float
    c: float
    per_example: float = 1.0

    def for_gallery(self, people: int, examples: int, fpir: float) -> float:
        """The threshold for a gallery of `people` with `examples` together, and an FPIR."""
        return self.at(self.comparisons(people, examples), fpir)

    def comparisons(self, people: int, examples: int) -> float:
        """How many comparisons a gallery is worth."""
        people = max(people, 1)
        return people * float(max(examples / people, 1.0) ** self.per_example)

    def at(self, comparisons: float, fpir: float) -> float:
        """The threshold for `comparisons` and an FPIR (0 to 1). Over 0."""
        more = math.log(max(comparisons, 1) / REFERENCE_EXAMPLES)
        looser = math.log(fpir / REFERENCE_FPIR)
        return max(self.a - self.b * more + self.c * looser, LEAST_THRESHOLD)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionSettings:
    """How strictly faces are named.

    Parameters:
        fpir: the share of strangers who may get a name, 0 to 1.
        threshold: the distance above which a face is unknown, in place of the model's line.
        least_probability: a face that the detector is less sure of gets no name.
        same_person_twice: a person may be found more than once in a picture.
        candidates: how many of the nearest people each face carries.
    """

    fpir: float = REFERENCE_FPIR
    threshold: float | None = None
    least_probability: float = 0.9
    same_person_twice: bool = False
    candidates: int = 3

    def threshold_for(self, line: ThresholdLine, comparisons: float) -> float:
        """Return the threshold in force for a gallery that is worth this number of comparisons."""
        return self.threshold or line.at(comparisons, self.fpir)


def why_not_named(probability: float, size_pixels: float, settings: DecisionSettings) -> str | None:
    """Why a face can have no name, in words, or None where it can have one."""
    if probability < settings.least_probability:
        needed = settings.least_probability
        return f"hardly a face ({probability:.2f} probable, {needed:.2f} needed)"
    if size_pixels < SMALLEST_PIXELS:
        return f"too small to be sure ({size_pixels:.1f} of {SMALLEST_PIXELS:.0f} pixels)"
    return None


def strictness(size_pixels: float) -> float:
    """Return the factor on the threshold for a face's shorter side in pixels."""
    missing = (STRICTER_BELOW_PIXELS - size_pixels) / (STRICTER_BELOW_PIXELS - SMALLEST_PIXELS)
    return 1.0 - (1.0 - STRICTEST) * min(max(missing, 0.0), 1.0)


def assigned(
    rankings: Sequence[Sequence[Match]], thresholds: Sequence[float], same_person_twice: bool
) -> list[Match | None]:
    """The person that each face of a picture shows, or None for nobody known.

    A face that is nearer than its threshold gets the nearest person. Where two faces are near the
    same person, the better match keeps the name; the other face may get its next person.
    """
    near = [
        (match.distance / threshold, face, match)
        for face, (ranking, threshold) in enumerate(zip(rankings, thresholds, strict=True))
        for match in ranking
        if match.distance <= threshold
    ]
    near.sort(key=lambda found: found[:2])
    named: list[Match | None] = [None] * len(rankings)
    taken: set[str] = set()
    for _, face, match in near:
        if named[face] is None and (same_person_twice or match.person_id not in taken):
            named[face] = match
            taken.add(match.person_id)
    return named
