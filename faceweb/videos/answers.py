"""Who is seen in videos: results -> rows, and rows -> what pages and API show.

A frame's faces are rows like a picture's. A video's people are kept with their ids, so pages and
API show what they are called now.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from faceweb.models import Face, Subject, Video
from faceweb.models.videos import JsonList, JsonObject
from faceweb.people.faces.face_rows import row_of
from faceweb.people.faces.known_people import ERASED
from faceweb.people.faces.shown_faces import listed
from foundation.messages import FaceReply
from recognition.types import NO_FACE, UNKNOWN

NOBODY = ("", UNKNOWN, NO_FACE)


def ids_in(frames: JsonList) -> dict[str, str]:
    """The ids of a result's people by name, as its faces say them."""
    faces = [face for frame in frames for face in frame.get("faces", ())]
    return {face["name"]: face["person_id"] for face in faces if face.get("person_id")}


def rows_of_frames(video: Video, frames: JsonList, named_at: datetime) -> list[Face]:
    """The faces of a result's frames."""
    return [
        row_of(
            _face_of(face), number, video.created_at, named_at,
            video=video, frame=frame["number"], track=face.get("track"),
        )
        for frame in frames
        for number, face in enumerate(frame.get("faces", ()))
    ]  # fmt: skip


def _face_of(face: JsonObject) -> FaceReply:
    return FaceReply(
        box=face["box"],
        probability=face["probability"],
        identity=face["name"],
        person_id=face.get("person_id"),
        similarity=face["similarity"],
        distance=face["distance"],
        not_named=face.get("not_named"),
    )


def without_faces(frames: JsonList) -> JsonList:
    """The frames as the video's row keeps them: their faces are rows of their own table."""
    return [{key: frame[key] for key in frame if key != "faces"} for frame in frames]


def with_ids(people: JsonList, ids: Mapping[str, str]) -> JsonList:
    """The result's people with the ids of those who are enrolled."""
    return [{**person, "person_id": ids.get(person["name"])} for person in people]


def videos_now(videos: Iterable[Video]) -> list[Video]:
    """Videos with their people as they are called now."""
    found = list(videos)
    ids = {person.get("person_id") for video in found for person in video.people} - {None}
    people = Subject.objects.select_related("merged_into").in_bulk(ids) if ids else {}
    now = {person_id: person.now for person_id, person in people.items()}
    for video in found:
        video.people = _people_now(video.people, now)
        video.answer = _answer(video)  # type: ignore[attr-defined]
    return found


def _answer(video: Video) -> str:
    """Everybody in it, as they are called now. Where somebody said that nobody of the result's
    name is in it, and nobody else is known: unknown."""
    if video.people and video.result != ERASED:
        return listed([person["name"] for person in video.people])
    return video.result if video.result in (*NOBODY, ERASED) else UNKNOWN


def _people_now(people: JsonList, now: Mapping[str, Subject]) -> JsonList:
    """By current names; two who were merged since are one."""
    shown: dict[str, JsonObject] = {}
    for person in people:
        who = now.get(person.get("person_id") or "")
        entry = {**person, "name": who.name, "person_id": who.pk} if who else dict(person)
        key = who.pk if who else f"word {person['name']}"
        shown[key] = _joined(shown[key], entry) if key in shown else entry
    return list(shown.values())


def _joined(one: JsonObject, other: JsonObject) -> JsonObject:
    """Two entries of one person; the first is the surer."""
    return {
        **one,
        "frames": sorted({*one["frames"], *other["frames"]}),
        "spans": sorted([*one["spans"], *other["spans"]], key=lambda span: span["from_seconds"]),
    }


def frames_now(video: Video) -> JsonList:
    """The video's frames with the faces in them."""
    by_frame: dict[int, JsonList] = {}
    faces = video.faces.select_related("person__merged_into").order_by("frame", "number")
    for face in faces.defer("embedding"):
        by_frame.setdefault(face.frame or 0, []).append(_face_json(face))
    return [{"faces": by_frame.get(frame["number"], []), **frame} for frame in video.frames]


def _face_json(face: Face) -> JsonObject:
    return {
        "not_named": face.not_named or None,
        "name": face.name or None,
        "person_id": face.person.now.pk if face.person else None,
        "box": list(face.box),
        "probability": face.probability,
        "similarity": face.similarity,
        "distance": face.distance,
    }


def video_json(video: Video) -> JsonObject:
    """The video as the API shows it."""
    [shown] = videos_now([video])
    return shown.as_json(frames_now(video))


def videos_json(videos: Sequence[Video]) -> JsonList:
    """The same for a list, without frames."""
    return [video.as_json() for video in videos_now(videos)]
