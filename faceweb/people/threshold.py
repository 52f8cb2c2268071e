"""The threshold in force, and why, for the API, the pages and the admin."""

from dataclasses import dataclass

from faceweb.collections.limits import threshold_of
from foundation.collections import DEFAULT
from foundation.config import Settings
from recognition.gallery.gallery import Gallery
from recognition.registry.models import known_models
from workers.deciding import deciding_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdInForce:
    """The distance above which a face is unknown, and where it comes from in one sentence."""

    distance: float
    why: str


def threshold_in_force(
    gallery: Gallery | None, settings: Settings, collection: str = DEFAULT
) -> ThresholdInForce | None:
    """The threshold for this gallery; None without one, or where its model is not known here."""
    if gallery is None:
        return None
    if own := threshold_of(collection):
        return ThresholdInForce(distance=own, why="It is what the collection says.")
    deciding = deciding_of(settings)
    if deciding.threshold is not None:
        why = "It is what RECOGNITION_THRESHOLD says."
        return ThresholdInForce(distance=deciding.threshold, why=why)
    model = known_models().get(gallery.model)
    if model is None:
        return None
    line, examples = model.line, gallery.example_count
    return ThresholdInForce(
        distance=round(deciding.threshold_for(line, gallery.comparisons(line)), 4),
        why=f"It follows from the model {gallery.model}, {examples} examples, and "
        f"{settings.strangers_named:g} % of strangers who may get a name.",
    )
