"""Which faces of two pictures are compared, and the answer where there is none. Pure."""

from collections.abc import Callable, Sequence
from itertools import product

from foundation.messages import ALL_FACES, ANY_FACE, FaceChoice, VerifyOptions
from recognition.types import Face

Compare = Callable[[Face, Face], Face]
"""Returns the second face with its distance to the first."""


def compared(
    first: Sequence[Face], second: Sequence[Face], options: VerifyOptions, compare: Compare
) -> tuple[Face, ...] | str:
    """The two faces that were asked for, the second one with its distance; of several pairs the
    nearest. Where all faces of the second picture were asked for, each of them follows the first
    picture's. A sentence where a picture has no such face."""
    ones, others = chosen(first, options.face), chosen(second, options.other_face)
    missing = [
        why_missing(which, faces, choice)
        for which, faces, choice, found in (
            ("first", first, options.face, ones),
            ("second", second, options.other_face, others),
        )
        if not found
    ]
    if missing:
        return " ".join(missing)
    pairs = [(one, compare(one, other)) for one, other in product(ones, others)]
    nearest = min(pairs, key=lambda pair: pair[1].distance or 0.0)
    if options.other_face != ALL_FACES:
        return nearest
    return nearest[0], *(other for one, other in pairs if one is nearest[0])


def chosen(faces: Sequence[Face], choice: FaceChoice) -> Sequence[Face]:
    """The faces of a picture that a choice means; by default its own, which is the first."""
    if choice in (ANY_FACE, ALL_FACES):
        return faces
    number = int(choice or 0)
    return faces[number : number + 1]


def why_missing(which: str, faces: Sequence[Face], choice: FaceChoice) -> str:
    """Why there is nothing to compare, in a sentence."""
    if not faces:
        return f"The {which} picture has no face."
    return f"The {which} picture has no face {choice}: it has {len(faces)}, counted from 0."
