"""Boxes over a picture as numbers for an SVG, in the order in which people read a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from faceweb.models import Face, FaceSource
from faceweb.people.correcting.corrections import NOT_A_FACE
from faceweb.people.faces.likeness import Likely, likely_people, near_miss
from faceweb.videos.people import waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Where the words at a box stand, and how large they are."""

    x: float
    y: float
    size: float
    anchor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFace:
    """One face of a page: where, who, how sure, and whether it waits for a name.

    `place` counts from 1 in reading order; `number` is the row's, as addresses have it.
    """

    pk: int | None
    place: int
    number: int
    x: float
    y: float
    width: float
    height: float
    label: Label
    name: str
    percent: int | None
    can_be_named: bool
    is_face: bool
    said_by_person: bool
    not_used: str
    cutout: str
    likely: list[Likely]
    near: Likely | None

    @property
    def field(self) -> str:
        """What tells the faces of one form apart."""
        return str(self.pk)

    @property
    def field_number(self) -> str:
        """The number as forms send it."""
        return str(self.number)


def boxes_of(faces: Sequence[Face], picture_width: int = 0) -> list[ShownFace]:
    ordered = in_reading_order(faces)
    return [_shown(face, place, picture_width) for place, face in enumerate(ordered, start=1)]


def in_reading_order(faces: Sequence[Face]) -> list[Face]:
    """Line by line, each from left to right. A face that is beside a line's first one, by half of
    the smaller of the two, is in that line."""
    lines: list[list[Face]] = []
    for face in sorted(faces, key=lambda one: one.top + one.bottom):
        if lines and _are_beside(face, lines[-1][0]):
            lines[-1].append(face)
        else:
            lines.append([face])
    return [face for line in lines for face in sorted(line, key=lambda one: one.left)]


def _are_beside(one: Face, other: Face) -> bool:
    common = min(one.bottom, other.bottom) - max(one.top, other.top)
    return common > min(one.bottom - one.top, other.bottom - other.top) / 2


def _shown(face: Face, place: int, picture_width: int) -> ShownFace:
    name, similarity = face.name, face.similarity
    by_person = face.source == FaceSource.USER
    return ShownFace(
        pk=face.pk,
        place=place,
        number=face.number,
        x=face.left,
        y=face.top,
        width=face.right - face.left,
        height=face.bottom - face.top,
        label=_label(face, picture_width),
        name=name,
        percent=round(similarity * 100) if name and similarity is not None else None,
        can_be_named=face.is_unknown or (face.video_id is not None and waits(face)),
        is_face=face.left_out != NOT_A_FACE,
        said_by_person=by_person,
        not_used="" if by_person else face.left_out or face.not_named,
        cutout=_cutout_of(face),
        likely=likely_people(face),
        near=None if name or by_person else near_miss(face),
    )


def _cutout_of(face: Face) -> str:
    if face.video_id is not None:
        return reverse("video-face", args=[face.video_id, face.frame, face.number])
    return reverse("face", args=[face.job_id, face.number]) if face.job_id else ""


def _label(face: Face, picture_width: int) -> Label:
    """Above the box; a long name near the edge must not leave the picture."""
    size = picture_width / 36
    middle = (face.left + face.right) / 2
    side = middle / picture_width if picture_width else 0.5
    at = (face.left, "start") if side < 0.15 else (face.right, "end")
    x, anchor = at if not 0.15 <= side <= 0.85 else (middle, "middle")
    return Label(x=x, y=max(face.top - size / 2, size), size=size, anchor=anchor)
