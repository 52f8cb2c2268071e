"""Unknown faces that may be somebody who has just been named: "is this Ann, too?"."""

from __future__ import annotations

import numpy as np

from faceweb.models import Face
from faceweb.people.threshold import threshold_in_force
from foundation.collections import DEFAULT
from foundation.config import Settings
from recognition.errors import UnknownModel
from recognition.gallery.gallery import Gallery
from recognition.matching import distance_to
from recognition.registry.models import model_named

LOOKED_AT = 500
OFFERED = 24


def faces_like(
    person_id: str, gallery: Gallery | None, settings: Settings, collection: str = DEFAULT
) -> list[Face]:
    """The newest unknown faces that would get this person's name now, nearest first."""
    threshold = threshold_in_force(gallery, settings, collection)
    if gallery is None or threshold is None or person_id not in gallery.people:
        return []
    try:
        model = model_named(gallery.model)
    except UnknownModel:
        return []
    examples = gallery.examples[person_id]
    near = [
        (distance, face)
        for face in _waiting(gallery.model, collection)
        if (
            distance := distance_to(
                np.frombuffer(bytes(face.embedding or b""), "<f4"),
                examples,
                model.rule,
                model.length,
            )
        )
        <= threshold.distance
    ]
    return [face for _, face in sorted(near, key=lambda one: one[0])[:OFFERED]]


def _waiting(model: str, collection: str) -> list[Face]:
    """The newest faces that wait for a name, as this model sees them."""
    waiting = Face.objects.filter(
        is_unknown=True, job__collection=collection, embedding__isnull=False
    )
    newest = waiting.select_related("job").order_by("-seen_at")[:LOOKED_AT]
    return [face for face in newest if face.job is not None and face.job.model == model]
