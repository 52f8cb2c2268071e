"""Unknown faces that may be somebody who has just been named: "is this Ann, too?"."""

from faceweb.models import Face
from faceweb.people.faces.likeness import looks_of
from faceweb.people.strangers.unknown_faces import waiting_faces
from faceweb.people.threshold import threshold_in_force
from foundation.collections import DEFAULT
from foundation.config import Settings
from recognition.gallery.gallery import Gallery
from recognition.matching import distance_to
from recognition.registry.models import known_models

LOOKED_AT = 500
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
    for face in waiting_faces(collection).select_related("job")[:LOOKED_AT]:
        if face.job is not None and face.job.model == gallery.model:
            looks = looks_of(face.embedding)
            near.append((distance_to(looks, examples, model.rule, model.length), face))
    near = [one for one in near if one[0] <= threshold.distance]
    return [face for _, face in sorted(near, key=lambda one: one[0])[:OFFERED]]
