"""Boxes over a picture as numbers for an SVG."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from faceweb.models import Job


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


def boxes_of(job: Job) -> list[ShownFace]:
    return [_shown(number, face) for number, face in enumerate(job.faces)]


def _shown(number: int, face: dict[str, Any]) -> ShownFace:
    left, top, right, bottom = face["box"]
    similarity = face.get("similarity")
    name = face.get("named") or face.get("identity") or ""
    return ShownFace(
        number=number,
        x=left,
        y=top,
        width=right - left,
        height=bottom - top,
        name=name,
        percent=round(similarity * 100) if name and similarity is not None else None,
        can_be_named=not name and "embedding" in face and not face.get("left_out"),
        not_used=face.get("left_out") or face.get("not_named") or "",
        perhaps="" if name else perhaps_of(face),
    )


def perhaps_of(face: dict[str, Any]) -> str:
    """Who comes nearest to a face without a name: "perhaps Ann, 41 %"."""
    candidates = face.get("candidates") or []
    if not candidates:
        return ""
    nearest = candidates[0]
    return f"perhaps {nearest['name']}, {nearest['similarity']:.0%}".replace("%", " %")
