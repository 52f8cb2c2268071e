"""Results as they are stored: JSON and back. Pure."""

import base64
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from foundation.errors import UNREADABLE, MalformedMessage
from recognition.types import Box, Recognition
from recognition.video.merging import SeenFace, SeenFrame, VideoPeople


def error_json(key: str, error: Exception) -> bytes:
    """Why there is no result: for `<name>.error.json`."""
    return _encoded({"source": key, "error": type(error).__name__, "message": str(error)})


def faces_of(seen: Recognition) -> tuple[SeenFace, ...]:
    """A frame's faces with their embeddings, which decide together with those of other frames."""
    return tuple(
        SeenFace(
            name=face.identity,
            box=_box(face.detected.box),
            probability=round(face.detected.probability, 6),
            distance=face.distance,
            similarity=face.similarity,
            person_id=face.person_id,
            not_named=face.left_out or face.not_named,
            embedding=face.embedding.astype("<f4").tobytes(),
        )
        for face in seen.faces
    )


def _box(box: Box) -> tuple[float, float, float, float]:
    return (round(box.left, 1), round(box.top, 1), round(box.right, 1), round(box.bottom, 1))


def encode_frame(frame: SeenFrame, damaged: int, trouble: str) -> bytes:
    """One frame's faces, and what the video's reader said at its end."""
    faces = [
        {**asdict(face), "embedding": face.embedding and base64.b64encode(face.embedding).decode()}
        for face in frame.faces
    ]
    return _encoded({**asdict(frame), "faces": faces, "damaged": damaged, "trouble": trouble})


def decode_frame(data: bytes) -> tuple[SeenFrame, int, str]:
    """The inverse of `encode_frame`. Raises MalformedMessage."""
    try:
        values = json.loads(data)
        if not isinstance(values, dict):
            raise TypeError(f"a {type(values).__name__} where an object should be")
        faces = tuple(_decode_face(face) for face in values.pop("faces"))
        damaged, trouble = int(values.pop("damaged")), str(values.pop("trouble"))
        return SeenFrame(**values, faces=faces), damaged, trouble
    except UNREADABLE as error:
        raise MalformedMessage(f"the faces of a frame are not as we store them: {error}") from None


def _decode_face(values: dict[str, Any]) -> SeenFace:
    written = values.get("embedding")
    embedding = base64.b64decode(written, validate=True) if written else None
    if embedding is not None and len(embedding) % 4:
        raise ValueError("an embedding is cut short")
    return SeenFace(**{**values, "box": tuple(values["box"]), "embedding": embedding})


def video_json(
    video: str, frames: Sequence[SeenFrame], seen: VideoPeople, damaged: int, trouble: str
) -> bytes:
    """Who is seen when in a whole video: for `<name>.json`."""
    return _encoded(
        {
            "video": video,
            "answer": seen.answer,
            "people": [asdict(person) for person in seen.people],
            "frames": [_frame_json(frame) for frame in sorted(frames, key=lambda f: f.number)],
            "damaged_parts": damaged,
            "incomplete": trouble or None,
        }
    )


def _frame_json(frame: SeenFrame) -> dict[str, object]:
    """A frame as its readers know it: embeddings stay inside."""
    faces = [
        {name: value for name, value in asdict(face).items() if name != "embedding"}
        for face in frame.faces
    ]
    return {**asdict(frame), "faces": faces}


def _encoded(values: object) -> bytes:
    return json.dumps(values, ensure_ascii=False, indent=1).encode()
