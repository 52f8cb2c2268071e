"""Faces of answers from before faces were rows: JSON in the job -> rows. Pure."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from faceweb.models import Face, FaceSource, Job
from faceweb.models.videos import JsonObject
from faceweb.people.faces.face_rows import answering, is_to_be_named, row_of
from foundation.messages import FaceReply

NOBODY: Mapping[str, str] = {}
SAME = (
    "box", "probability", "landmarks", "size_pixels", "sharpness", "turned", "left_out",
    "similarity", "distance",
)  # fmt: skip
"""What a reply calls as the JSON does."""


def rows_of_old_job(job: Job, ids: Mapping[str, str] = NOBODY) -> list[Face]:
    """The rows of a job's old faces. `ids` are those of people by what they are called now."""
    faces = [_face_of(old) for old in job.old_faces]
    answer = answering(faces, job.result)
    rows = [
        row_of(
            face, number, job.created_at, job.answered_at, ids.get(face.identity or ""), job=job,
            is_answer=number == answer, is_unknown=is_to_be_named(job.kind, face),
        )
        for number, face in enumerate(faces)
    ]  # fmt: skip
    for row, old in zip(rows, job.old_faces, strict=True):
        if old.get("named"):
            row.source = FaceSource.USER
    return rows


def _face_of(old: JsonObject) -> FaceReply:
    embedding = old.get("embedding")
    return FaceReply(
        identity=old.get("named") or old.get("identity"),
        embedding=base64.b64decode(embedding) if embedding else None,
        **{name: old[name] for name in SAME if name in old},
    )
