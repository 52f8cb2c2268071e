"""Boxes over a picture as numbers for an SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from faceweb.models import Face


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFace:
    """One face of a page: where, who, how sure, and whether it can be named."""

    number: int
    x: float
    y: float
    width: float
    height: float
    name: str
    percent: int | None
    can_be_named: bool
    not_used: str
    perhaps: str


def boxes_of(faces: Sequence[Face]) -> list[ShownFace]:
    return [_shown(face) for face in faces]


def _shown(face: Face) -> ShownFace:
    name, similarity = face.name, face.similarity
    return ShownFace(
        number=face.number,
        x=face.left,
        y=face.top,
        width=face.right - face.left,
        height=face.bottom - face.top,
        name=name,
        percent=round(similarity * 100) if name and similarity is not None else None,
        can_be_named=face.is_unknown,
        not_used=face.left_out or face.not_named,
        perhaps="" if name else perhaps_of(face),
    )


def perhaps_of(face: Face) -> str:
    """Who comes nearest to a face without a name: "perhaps Ann, 41 %"."""
    if not face.nearest:
        return ""
    nearest = face.nearest[0]
    return f"perhaps {nearest['name']}, {nearest['similarity']:.0%}".replace("%", " %")
