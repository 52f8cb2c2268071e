"""Who is seen in a video, by its faces' rows: after somebody said who they are, and for lanes."""

import uuid
from collections.abc import Callable, Collection, Sequence

from faceweb.models import Face, FaceSource, Video
from faceweb.models.videos import JsonList, JsonObject
from recognition.video.merging import PersonSeen, SeenFace, SeenFrame, merge

KeyOf = Callable[[Face], str | None]


def rewrite_people(video_ids: Collection[uuid.UUID]) -> None:
    """The people of videos follow what was said of their faces."""
    for video in Video.objects.filter(pk__in=video_ids):
        faces = list(video.faces.select_related("person__merged_into").defer("embedding"))
        Video.objects.filter(pk=video.pk).update(people=people_seen(video, faces))


def people_seen(video: Video, faces: Sequence[Face]) -> JsonList:
    """The people as a video's row keeps them, surest first."""
    words = {one["person_id"]: one["name"] for one in video.people if one.get("person_id")}
    names = {_person(face): face for face in faces}
    return [
        {
            "name": words.get(_id_of(names[one.name]), names[one.name].name),
            "person_id": _id_of(names[one.name]),
            **_as_json(one),
        }
        for one in seen_by(video, faces, _person)
    ]


def strangers_seen(video: Video, faces: Sequence[Face]) -> list[tuple[JsonObject, list[Face]]]:
    """The tracks that nobody has named yet, as they are seen, as people of the video; with their
    faces, the largest first."""
    tracks: dict[str, list[Face]] = {}
    for face in faces:
        if key := _stranger(face):
            tracks.setdefault(key, []).append(face)
    seen = sorted(seen_by(video, faces, _stranger), key=lambda one: one.frames)
    return [
        (
            {"name": f"Stranger {number}", **_as_json(one)},
            sorted(tracks[one.name], key=lambda face: -face.width),
        )
        for number, one in enumerate(seen, start=1)
    ]


def seen_by(video: Video, faces: Sequence[Face], key_of: KeyOf) -> tuple[PersonSeen, ...]:
    """The frames and times at which each person is seen; `key_of` says whose a face is."""
    by_frame: dict[int, list[SeenFace]] = {}
    for face in faces:
        by_frame.setdefault(face.frame or 0, []).append(
            SeenFace(
                name=key_of(face),
                box=face.box,
                probability=face.probability,
                similarity=1.0 if face.source == FaceSource.USER else face.similarity,
            )
        )
    frames = [
        SeenFrame(
            number=frame["number"],
            file=str(frame["number"]),
            seconds=frame["seconds"],
            faces=tuple(by_frame.get(frame["number"], ())),
        )
        for frame in video.frames
    ]
    return merge(frames).people


def _person(face: Face) -> str | None:
    """By id, so that two people of one name are two."""
    return f"person {face.person.now.pk}" if face.person else None


def _id_of(face: Face) -> str | None:
    return face.person.now.pk if face.person else None


def _stranger(face: Face) -> str | None:
    """The track of a face that may be named, and that nobody has looked at."""
    return f"track {face.track:06}" if waits(face) and face.track is not None else None


def waits(face: Face) -> bool:
    """True for a video's face that may be named, and that nobody has looked at."""
    return not face.name and face.source != FaceSource.USER and not face.left_out


def _as_json(seen: PersonSeen) -> JsonObject:
    return {
        "certainty": seen.certainty,
        "frames": list(seen.frames),
        "spans": [
            {"from_seconds": one.from_seconds, "to_seconds": one.to_seconds} for one in seen.spans
        ],
        "best_frame": int(seen.best_file),
    }
