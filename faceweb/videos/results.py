"""What the back end wrote of a video -> the fields of its row. Pure."""

import json

from faceweb.models.videos import JsonObject
from foundation.errors import UNREADABLE, MalformedMessage

OF_FACES = (
    "name", "person_id", "box", "probability", "similarity", "distance", "not_named",
    "track",
)  # fmt: skip


def fields_of_result(document: bytes) -> JsonObject:
    """The row's fields by `<name>.json`. Raises MalformedMessage."""
    try:
        found = json.loads(document)
        frames = [_frame(frame) for frame in found["frames"]]
        numbers = {frame["file"]: frame["number"] for frame in found["frames"]}
        return {
            "result": str(found["answer"])[:255],
            "people": [_person(person, numbers) for person in found["people"]],
            "frames": frames,
            "frames_stored": len(frames),
            "frames_seen": len(frames),
            "frames_total": len(frames),
            "damaged_parts": int(found["damaged_parts"]),
            "incomplete": str(found["incomplete"] or "")[:500],
        }
    except UNREADABLE as error:
        raise MalformedMessage(f"the video's result is not as we write it: {error!r}") from None


def _frame(frame: JsonObject) -> JsonObject:
    kept = ("number", "seconds", "error")
    faces = [{name: face.get(name) for name in OF_FACES} for face in frame["faces"]]
    return {**{name: frame[name] for name in kept}, "faces": faces}


def _person(person: JsonObject, numbers: dict[str, int]) -> JsonObject:
    kept = ("name", "certainty", "frames", "spans")
    return {**{name: person[name] for name in kept}, "best_frame": numbers[person["best_file"]]}


def fields_of_error(document: bytes) -> JsonObject:
    """The row's fields by `<name>.error.json`. Raises MalformedMessage."""
    try:
        found = json.loads(document)
        kind, message = str(found["error"]), str(found["message"])
    except (ValueError, KeyError, TypeError) as error:
        raise MalformedMessage(f"the video's error is not as we write it: {error!r}") from None
    return {"error_kind": kind[:64], "error": message[:1000] or kind}
