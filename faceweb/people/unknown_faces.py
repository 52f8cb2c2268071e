"""Faces that nobody could name, grouped by likeness: naming one names its group."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from faceweb.models import Face, Job
from recognition.models import known_models
from recognition.types import Embedding

NEWEST_FACES = 300
GROUPING_SHARE = 0.95
"""Of the distance between two pictures of one person: a wrong group would teach a wrong name."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UnknownFace:
    """Face `number` of a job, and what it looks like to `model`."""

    job: Job
    number: int
    model: str
    embedding: Embedding


@dataclass(slots=True, kw_only=True, eq=False)
class Group:
    """Faces near to the first of them."""

    faces: list[UnknownFace] = field(default_factory=list)


def unknown_faces() -> list[UnknownFace]:
    """The newest faces that wait for a name."""
    newest = Face.objects.filter(is_unknown=True, job__isnull=False).order_by("-seen_at")
    return [
        UnknownFace(
            job=face.job,
            number=face.number,
            model=face.job.model,
            embedding=np.frombuffer(bytes(face.embedding), "<f4"),
        )
        for face in newest.select_related("job")[:NEWEST_FACES]
        if face.job is not None and face.embedding is not None
    ]


def grouped(faces: list[UnknownFace]) -> list[Group]:
    """Each face joins the nearest group whose first face is near enough, or starts one.

    Largest groups first: naming those helps most.
    """
    groups: list[Group] = []
    for face in faces:
        near = [
            (d, group) for group in groups if (d := _distance(face, group.faces[0])) is not None
        ]
        if near:
            min(near, key=lambda pair: pair[0])[1].faces.append(face)
        else:
            groups.append(Group(faces=[face]))
    return sorted(groups, key=lambda group: -len(group.faces))


def _distance(one: UnknownFace, other: UnknownFace) -> float | None:
    """How far apart, or None where that is too far or models differ."""
    if one.model != other.model:
        return None
    model = known_models().get(one.model)
    if model is None:
        return None
    distance = float(np.linalg.norm(one.embedding - other.embedding))
    return distance if distance <= GROUPING_SHARE * model.pair_threshold else None
