"""Faces as rows: of replies and of videos. Pure but for `insert_faces`."""

from collections.abc import Sequence
from datetime import datetime

from faceweb.models import Face, FaceSource, JobKind
from faceweb.replies.statements import InsertMany
from foundation.messages import FaceReply, Reply

insert_faces = InsertMany(Face)


def rows_of_reply(reply: Reply, kind: str, seen_at: datetime, named_at: datetime) -> list[Face]:
    """The rows of a reply's faces, in its order."""
    answer = answering(reply.faces, reply.answer)
    return [
        row_of(
            face, number, seen_at, named_at, job_id=reply.job_id,
            is_answer=number == answer, is_unknown=is_to_be_named(kind, face),
        )
        for number, face in enumerate(reply.faces)
    ]  # fmt: skip


def answering(faces: Sequence[FaceReply], answer: str) -> int | None:
    """The number of the face that a picture's answer speaks of."""
    usable = [number for number, face in enumerate(faces) if not face.left_out]
    named = [number for number in usable if faces[number].identity == answer]
    return next(iter(named or usable), None)


def row_of(
    face: FaceReply, number: int, seen_at: datetime, named_at: datetime, **where: object
) -> Face:
    """The row of a face. `where` are the fields of its picture's answer, or of its video."""
    left, top, right, bottom = face.box
    return Face(
        number=number,
        seen_at=seen_at,
        left=left,
        top=top,
        right=right,
        bottom=bottom,
        probability=face.probability,
        landmarks=list(face.landmarks),
        size_pixels=face.size_pixels,
        sharpness=face.sharpness,
        turned=face.turned,
        left_out=face.left_out or "",
        not_named=face.not_named or "",
        person_id=face.person_id,
        source=FaceSource.MODEL if face.person_id else "",
        named_at=named_at if face.person_id else None,
        similarity=face.similarity,
        distance=face.distance,
        candidates=[[one.person_id, one.distance, one.similarity] for one in face.candidates],
        embedding=face.embedding,
        **where,
    )


def is_to_be_named(kind: str, face: FaceReply) -> bool:
    """Whether people are asked who it is: an enrolment's faces want no name."""
    return (
        kind == JobKind.RECOGNISE
        and face.embedding is not None
        and not face.identity
        and not face.left_out
    )
