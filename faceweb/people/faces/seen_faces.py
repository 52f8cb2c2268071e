"""Finds faces by likeness: where one was seen before, and unknown ones of who was just named."""

from collections.abc import Iterable

import numpy as np

from faceweb.models import Face
from faceweb.people.faces.likeness import ALIKE, looks_of
from faceweb.people.strangers.unknown_faces import waiting_faces
from faceweb.people.threshold import threshold_in_force
from foundation.collections import DEFAULT
from foundation.config import Settings
from recognition.gallery.gallery import Gallery
from recognition.matching import distance_to, distances_to, similarity
from recognition.registry.models import known_models

LOOKED_AT = 5_000
"""The newest nameless faces: each carries its embedding."""

Seen = tuple[float, Face]
"""How much a face of the history is like the one that was asked for, and the face. For a named
person, that is how similar the person is."""


def seen_like(probe: Face, model: str, collection: str, limit: int) -> list[dict[str, object]]:
    """Up to `limit` faces of a collection's pictures that look like this one, most alike first.

    `asked` has its embedding, and the people near it as its candidates.
    """
    found = [*_named(probe, collection, limit), *_nameless(probe, model, collection)]
    return [_as_json(*one) for one in sorted(found, key=lambda one: -one[0])[:limit]]


def _as_json(similarity: float, face: Face) -> dict[str, object]:
    person = face.person.now if face.person else None
    return {
        "job": str(face.job_id),
        "url": f"/jobs/{face.job_id}",
        "number": face.number,
        "seen_at": face.seen_at,
        "person_id": person.pk if person else None,
        "name": person.name if person else None,
        "similarity": similarity,
    }


def _named(probe: Face, collection: str, limit: int) -> Iterable[Seen]:
    """The newest pictures of each similar person."""
    for person_id, _, alike in probe.candidates:
        if alike < ALIKE:
            continue
        theirs = Face.objects.filter(person=person_id, job__collection=collection)
        newest = theirs.select_related("person__merged_into").defer("embedding")
        for face in newest.order_by("-seen_at")[:limit]:
            yield alike, face


def _nameless(probe: Face, model: str, collection: str) -> Iterable[Seen]:
    """Faces without a name that could be of the same person."""
    known = known_models().get(model)
    rows = list(waiting_faces(collection).filter(job__model=model)[:LOOKED_AT])
    if not rows or known is None:
        return
    looks = np.stack([looks_of(face.embedding) for face in rows])
    distances = distances_to(looks_of(probe.embedding), looks, known.length)
    for face, distance in zip(rows, distances, strict=True):
        alike = round(similarity(float(distance), known.pair_threshold), 4)
        if alike >= ALIKE:
            yield alike, face


WAITING_LOOKED_AT = 500
OFFERED = 24


def faces_like(
    person_id: str, gallery: Gallery | None, settings: Settings, collection: str = DEFAULT
) -> list[Face]:
    """The newest unknown faces that would get this person's name now, nearest first."""
    threshold = threshold_in_force(gallery, settings, collection)
    model = known_models().get(gallery.model) if gallery else None
    if gallery is None or model is None or threshold is None or person_id not in gallery.people:
        return []
    examples = gallery.examples[person_id]
    near: list[tuple[float, Face]] = []
    for face in waiting_faces(collection).select_related("job")[:WAITING_LOOKED_AT]:
        if face.job is not None and face.job.model == gallery.model:
            looks = looks_of(face.embedding)
            near.append((distance_to(looks, examples, model.rule, model.length), face))
    near = [one for one in near if one[0] <= threshold.distance]
    return [face for _, face in sorted(near, key=lambda one: one[0])[:OFFERED]]
