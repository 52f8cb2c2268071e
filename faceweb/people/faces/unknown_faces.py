"""Faces that nobody could name, grouped by likeness: naming one names its group."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from faceweb.models import Face, Job
from foundation.collections import DEFAULT
from recognition.registry.models import known_models
from recognition.types import Embedding

NEWEST_FACES = 300
GROUPING_SHARE = 0.95
"""Of the distance between two pictures of one person: a wrong group would teach a wrong name."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UnknownFace:
    """Face `number` of a job, and what it looks like to `model`."""

    pk: int
    job: Job
    number: int
    model: str
    embedding: Embedding


@dataclass(slots=True, kw_only=True, eq=False)
class Group:
    """Faces near to the first of them."""

    faces: list[UnknownFace] = field(default_factory=list)


def unknown_faces(collection: str = DEFAULT) -> list[UnknownFace]:
    """The newest faces of a collection that wait for a name."""
    newest = Face.objects.filter(is_unknown=True, job__collection=collection).order_by("-seen_at")
    return [
        UnknownFace(
            pk=face.pk,
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
    groups = [
        group for model in {face.model for face in faces} for group in _of_model(model, faces)
    ]
    return sorted(groups, key=lambda group: -len(group.faces))


def _of_model(model: str, faces: list[UnknownFace]) -> list[Group]:
    """The groups of one model's faces; faces of a model that is not known here stay alone."""
    known = known_models().get(model)
    largest = GROUPING_SHARE * known.pair_threshold if known else -1.0
    mine = [face for face in faces if face.model == model]
    firsts = np.empty((len(mine), len(mine[0].embedding)), np.float32)
    groups: list[Group] = []
    for face in mine:
        distances = np.linalg.norm(firsts[: len(groups)] - face.embedding, axis=1)
        nearest = int(distances.argmin()) if groups else 0
        if groups and distances[nearest] <= largest:
            groups[nearest].faces.append(face)
        else:
            firsts[len(groups)] = face.embedding
            groups.append(Group(faces=[face]))
    return groups
