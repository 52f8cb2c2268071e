"""Faces of answers from before faces were rows: JSON in the job -> rows. Pure."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from faceweb.models import Face, FaceSource, Job, JobKind
from faceweb.models.videos import JsonObject

NOBODY: Mapping[str, str] = {}


def rows_of_old_job(job: Job, ids: Mapping[str, str] = NOBODY) -> list[Face]:
    """The rows of a job's old faces. `ids` are those of people by what they are called now."""
    answer = _answering(job)
    return [
        _row(job, number, face, ids, number == answer) for number, face in enumerate(job.old_faces)
    ]


def _answering(job: Job) -> int | None:
    usable = [number for number, face in enumerate(job.old_faces) if not face.get("left_out")]
    named = [number for number in usable if job.old_faces[number].get("identity") == job.result]
    return next(iter(named or usable), None)


def _row(job: Job, number: int, face: JsonObject, ids: Mapping[str, str], is_answer: bool) -> Face:
    left, top, right, bottom = face["box"]
    name = face.get("named") or face.get("identity") or ""
    embedding = face.get("embedding")
    return Face(
        job=job,
        number=number,
        seen_at=job.created_at,
        left=left,
        top=top,
        right=right,
        bottom=bottom,
        probability=face.get("probability", 0.0),
        landmarks=face.get("landmarks", []),
        size_pixels=face.get("size_pixels"),
        sharpness=face.get("sharpness"),
        turned=face.get("turned"),
        left_out=face.get("left_out") or "",
        person_id=ids.get(name),
        word="" if name in ids else name,
        source=_source(face),
        named_at=job.answered_at if name else None,
        similarity=face.get("similarity"),
        distance=face.get("distance"),
        embedding=base64.b64decode(embedding) if embedding else None,
        is_answer=is_answer,
        is_unknown=bool(
            embedding and not name and not face.get("left_out") and job.kind == JobKind.RECOGNISE
        ),
    )


def _source(face: Mapping[str, object]) -> str:
    if face.get("named"):
        return str(FaceSource.USER)
    return str(FaceSource.MODEL) if face.get("identity") else ""
