"""Recognise, detect, verify, as CompreFace's services of these names do."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from ninja import File, Query
from ninja.files import UploadedFile
from pydantic import Field

from faceweb.access.callers import Scope
from faceweb.api.auth import ApiKeyAuth, ApiRequest, people_of
from faceweb.api.routing import Endpoints
from faceweb.compreface import shapes
from faceweb.compreface.errors import no_face
from faceweb.compreface.image_ids import look_of, stored_image
from faceweb.compreface.queries import RequestIn, RequestQuery, answered, check, found_faces
from faceweb.intake import asking
from faceweb.models import Face, Job
from faceweb.people.faces.details import embeddings_of
from faceweb.people.faces.shown_faces import shown_faces
from faceweb.replies.threads import run_in_thread
from foundation.config import get_settings
from foundation.messages import ALL_FACES, MOST_CANDIDATES, RecogniseOptions, VerifyOptions
from recognition.registry.models import model_named

router = Endpoints(auth=ApiKeyAuth(Scope.RECOGNISE))


class RecogniseIn(RequestIn):
    """The most people in the answer for each face."""

    prediction_count: Annotated[int, Field(ge=1)] = 1


@router.post("/recognition/recognize")
async def recognise(
    request: ApiRequest, file: File[UploadedFile], query: Query[RecogniseIn]
) -> object:
    """The faces of a picture, with the people nearest to each."""
    check(request, query)
    options = RecogniseOptions(
        candidates=min(query.prediction_count, MOST_CANDIDATES),
        least_probability=query.det_prob_threshold,
        embeddings=query.embeddings,
    )
    job = await asking.recognised(request, file, options, _seconds())

    def work() -> dict[str, object]:
        faces = found_faces(job, query)
        shown = _shown(job, faces, query)
        for one, face in zip(shown, faces, strict=True):
            one["subjects"] = shapes.subjects_json(face, query.prediction_count)
        return {"result": shown} | _status(job, query)

    return await run_in_thread(work)


@router.post("/detection/detect")
async def detect(request: ApiRequest, file: File[UploadedFile], query: RequestQuery) -> object:
    """The faces of a picture, compared with nobody."""
    check(request, query)
    options = RecogniseOptions(embeddings=query.embeddings)
    job = await asking.detected(request, file, _seconds(), options)

    def work() -> dict[str, object]:
        return {"result": _shown(job, found_faces(job, query), query)} | _status(job, query)

    return await run_in_thread(work)


@router.post("/verification/verify")
async def verify(
    request: ApiRequest,
    source_image: File[UploadedFile],
    target_image: File[UploadedFile],
    query: RequestQuery,
) -> object:
    """The faces of the target picture beside the first one of the source."""
    check(request, query)
    options = VerifyOptions(other_face=ALL_FACES, embeddings=query.embeddings)
    job = await asking.compared(request, source_image, target_image, options, _seconds())

    def work() -> dict[str, object]:
        faces = shown_faces(answered(job))
        matches = shapes.sure_of(faces[1:], query.det_prob_threshold, query.limit)
        if not matches:
            raise no_face()
        matches = sorted(matches, key=lambda face: -(face.similarity or 0.0))
        shown = _shown(job, matches, query)
        for one, face in zip(shown, matches, strict=True):
            one["similarity"] = round(face.similarity or 0.0, 5)
        [first] = _shown(job, faces[:1], query)
        compared = {"source_image_face": first, "face_matches": shown}
        return {"result": [compared | _status(job, query)]}

    return await run_in_thread(work)


@router.post("/recognition/faces/{image_id}/verify", auth=ApiKeyAuth(Scope.SUBJECTS))
async def verify_example(
    request: ApiRequest, image_id: str, file: File[UploadedFile], query: RequestQuery
) -> object:
    """The faces of a picture beside a stored example."""
    check(request, query)
    people = people_of(request)
    stored = await run_in_thread(stored_image, people, image_id)
    job = await asking.detected(request, file, _seconds(), RecogniseOptions(embeddings=True))

    def work() -> dict[str, object]:
        example, model = look_of(people, stored), model_named(job.model)
        faces = found_faces(job, query)
        shown = _shown(job, faces, query)
        for one, look in zip(shown, embeddings_of(faces), strict=True):
            seen = np.asarray(look, np.float32)
            one["similarity"] = shapes.pair_similarity(seen, example, model) if look else 0.0
        if not query.embeddings:
            job.faces.update(embedding=None)
        return {"result": shown} | _status(job, query)

    return await run_in_thread(work)


def _seconds() -> float:
    return get_settings().result_timeout_seconds


def _shown(job: Job, faces: Sequence[Face], query: RequestIn) -> list[dict[str, object]]:
    plugins = query.plugins
    looks = embeddings_of(faces) if query.embeddings else [None] * len(faces)
    shown = [shapes.face_json(face, plugins, look) for face, look in zip(faces, looks, strict=True)]
    if query.status:
        for one in shown:
            one["execution_time"] = shapes.times_json(job, plugins)
    return shown


def _status(job: Job, query: RequestIn) -> dict[str, object]:
    return {"plugins_versions": shapes.versions_json(job, query.plugins)} if query.status else {}
