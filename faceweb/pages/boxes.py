"""Boxes over a picture as numbers for an SVG, in the order in which people read a page."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from faceweb.models import Face, FaceSource, Likely
from faceweb.people.correcting.corrections import NOT_A_FACE
from faceweb.people.faces.likeness import near_miss
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
    """One face of a page: how sure its name is, and whether it waits for one.

    `place` counts from 1 in reading order; the row's own number is in addresses.
    """

    row: Face
    place: int
    label: Label
    percent: int | None
    can_be_named: bool
    is_face: bool
    said_by_person: bool
    not_used: str
    cutout: str
    near: Likely | None

    @property
    def field(self) -> str:
        """What tells the faces of one form apart."""
        return str(self.row.pk)


def boxes_of(faces: Sequence[Face], picture_width: int = 0) -> list[ShownFace]:
    """The faces in reading order, with boxes as numbers for an SVG."""
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
    return common > min(one.height, other.height) / 2


def _shown(face: Face, place: int, picture_width: int) -> ShownFace:
    is_sure = face.name and face.similarity is not None
    by_person = face.source == FaceSource.USER
    return ShownFace(
        row=face,
        place=place,
        label=_label(face, picture_width),
        percent=round(100 * (face.similarity or 0.0)) if is_sure else None,
        can_be_named=face.is_unknown or (face.video_id is not None and waits(face)),
        is_face=face.left_out != NOT_A_FACE,
        said_by_person=by_person,
        not_used="" if by_person else face.left_out or face.not_named,
        cutout=_cutout_of(face),
        near=None if face.name or by_person else near_miss(face),
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
