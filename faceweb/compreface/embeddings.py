"""Questions about embeddings in place of pictures: no worker is asked.

A client that keeps embeddings, as `face_plugins=calculator` answers them, compares them here.
"""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from ninja import Query, Schema
from pydantic import Field

from faceweb.access import audit
from faceweb.access.callers import Scope
from faceweb.api.auth import ApiKeyAuth, ApiRequest, people_of
from faceweb.api.routing import Endpoints
from faceweb.compreface.errors import WRONG_ARGUMENT, Refusal
from faceweb.compreface.image_ids import look_of, stored_image
from faceweb.compreface.shapes import pair_similarity
from faceweb.people.subjects import Subjects
from faceweb.people.threshold import threshold_in_force
from foundation.config import get_settings
from foundation.messages import MOST_CANDIDATES
from recognition.gallery.gallery import Gallery
from recognition.matching import ranked, similarity
from recognition.registry.models import MODELS, Model, model_named
from recognition.types import Embedding

router = Endpoints(auth=ApiKeyAuth(Scope.RECOGNISE))

MOST_EMBEDDINGS, MOST_VALUES = 1_000, 4_096
MORE_THAN_ASKED = 8
"""The nearest example finds people; by the mean of their examples others may be nearer."""
Values = Annotated[
    list[Annotated[float, Field(ge=-1e6, le=1e6)]], Field(min_length=1, max_length=MOST_VALUES)
]
Several = Annotated[list[Values], Field(max_length=MOST_EMBEDDINGS)]


class EmbeddingsIn(Schema):
    """Embeddings to be named."""

    embeddings: Several


class PairsIn(Schema):
    """An embedding, and those that it is compared with."""

    source: Values
    targets: Several


@router.post("/recognition/embeddings/recognize")
def recognise(
    request: ApiRequest, body: EmbeddingsIn, prediction_count: Annotated[int, Query(ge=1)] = 1
) -> object:
    """The people nearest to each embedding, the most similar first."""
    people = people_of(request)
    audit.record(people.actor, "embeddings compared", count=len(body.embeddings))
    gallery = people.gallery()
    count = min(prediction_count, MOST_CANDIDATES)
    return {
        "result": [
            {"embedding": one, "similarities": _nearest(one, gallery, people, count)}
            for one in body.embeddings
        ]
    }


@router.post("/recognition/embeddings/faces/{image_id}/verify", auth=ApiKeyAuth(Scope.SUBJECTS))
def verify_example(request: ApiRequest, image_id: str, body: EmbeddingsIn) -> object:
    """Each embedding beside a stored example."""
    people = people_of(request)
    example = look_of(people, stored_image(people, image_id))
    return {"result": _alike(example, body.embeddings, _model_of(example, people.gallery()))}


@router.post("/verification/embeddings/verify")
def verify(request: ApiRequest, body: PairsIn) -> object:
    """Each of the targets beside the source."""
    model = _model_of(body.source, people_of(request).gallery())
    return {"result": _alike(_vector(body.source), body.targets, model)}


def _nearest(
    values: Sequence[float], gallery: Gallery | None, people: Subjects, count: int
) -> list[dict[str, object]]:
    threshold = threshold_in_force(gallery, get_settings(), people.collection)
    if gallery is None or threshold is None:
        return []
    model, look = model_named(gallery.model), _vector(values, gallery.dimension)
    near = gallery.people_near(look, count + MORE_THAN_ASKED)
    return [
        {
            "subject": gallery.people[one.person_id].name,
            "similarity": round(similarity(one.distance, threshold.distance), 5),
        }
        for one in ranked(look, near, model.rule, model.length)[:count]
    ]


def _alike(
    look: Embedding, others: Sequence[Sequence[float]], model: Model
) -> list[dict[str, object]]:
    """How alike two faces are, as two pictures are compared."""
    return [
        {"embedding": one, "similarity": pair_similarity(_vector(one, len(look)), look, model)}
        for one in others
    ]


def _model_of(values: Sequence[float] | Embedding, gallery: Gallery | None) -> Model:
    """The gallery's model, else one that makes embeddings of this length. Raises Refusal."""
    if gallery is not None and gallery.dimension == len(values):
        return model_named(gallery.model)
    for model in MODELS.values():
        if model.dimension == len(values):
            return model
    raise _of_another_length(len(values))


def _vector(values: Sequence[float], dimension: int | None = None) -> Embedding:
    """Raises Refusal."""
    if dimension is not None and len(values) != dimension:
        raise _of_another_length(len(values))
    return np.asarray(values, np.float32)


def _of_another_length(length: int) -> Refusal:
    return Refusal(WRONG_ARGUMENT, f"embeddings: {length} values are not what the model makes")
