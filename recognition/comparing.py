"""Two faces: how far apart they are, and whether that is one person. Pure."""

from dataclasses import dataclass

from recognition.matching import distance_to, similarity
from recognition.registry.models import Model
from recognition.types import Embedding


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How alike two faces are: the distance, the similarity (0 to 1, 0.5 at the threshold)."""

    distance: float
    similarity: float
    same_person: bool


def compare(first: Embedding, second: Embedding, model: Model) -> Comparison:
    """Compare two embeddings of one model, each of shape (dimension,).

    Two faces are one comparison, so the threshold is the model's own for pairs.
    """
    distance = distance_to(second, first[None], "nearest", model.length)
    return Comparison(
        distance=round(distance, 6),
        similarity=round(similarity(distance, model.pair_threshold), 4),
        same_person=distance <= model.pair_threshold,
    )
