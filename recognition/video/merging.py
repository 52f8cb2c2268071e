"""Who is seen when: the faces of single frames, merged over a whole video. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from recognition.types import NO_FACE, UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenFace:
    """One face of a frame; `name` is None for somebody unknown.

    The box is left, top, right, bottom in pixels of the frame. `track` is the number of the track
    that the face belongs to. `not_named` says why the face, or its track, can have no name.
    `embedding` is little-endian float32, and only kept until the video is answered.
    """

    name: str | None
    box: tuple[float, float, float, float]
    probability: float
    distance: float | None = None
    similarity: float | None = None
    person_id: str | None = None
    track: int | None = None
    not_named: str | None = None
    embedding: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenFrame:
    """One frame, by its file, and the faces in it. `error` says why it could not be read, `model`
    what the embeddings are of."""

    number: int
    file: str
    seconds: float
    faces: tuple[SeenFace, ...] = ()
    error: str | None = None
    model: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The first and the last of frames in a row that show a person."""

    from_seconds: float
    to_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSeen:
    """One person of a video: how surely (0 to 1), in which frames, when, and where best."""

    name: str
    certainty: float
    frames: tuple[int, ...]
    spans: tuple[Span, ...]
    best_file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoPeople:
    """The people of a video, surest first, and the one answer."""

    answer: str
    people: tuple[PersonSeen, ...]


def merge(frames: Sequence[SeenFrame]) -> VideoPeople:
    """Who is seen in a video's frames, in whatever order they come."""
    ordered = sorted(frames, key=lambda frame: frame.number)
    names = {face.name for frame in ordered for face in frame.faces if face.name}
    people = sorted(
        (_person(name, ordered) for name in names), key=lambda seen: (-seen.certainty, seen.name)
    )
    if people:
        answer = people[0].name
    else:
        answer = UNKNOWN if any(frame.faces for frame in ordered) else NO_FACE
    return VideoPeople(answer=answer, people=tuple(people))


def _person(name: str, frames: Sequence[SeenFrame]) -> PersonSeen:
    likeness = {
        place: _likeness(name, frame)
        for place, frame in enumerate(frames)
        if any(face.name == name for face in frame.faces)
    }
    best = max(likeness, key=lambda place: (likeness[place], -place))
    with_faces = sum(1 for frame in frames if frame.faces)
    # Averaged over all frames with a face in them: a likeness in nine frames is surer than a
    # closer one in a single frame.
    certainty = sum(likeness.values()) / with_faces
    return PersonSeen(
        name=name,
        certainty=round(certainty, 4),
        frames=tuple(frames[place].number for place in likeness),
        spans=_spans(tuple(likeness), frames),
        best_file=frames[best].file,
    )


def _likeness(name: str, frame: SeenFrame) -> float:
    return max(face.similarity or 0.0 for face in frame.faces if face.name == name)


def _spans(places: Sequence[int], frames: Sequence[SeenFrame]) -> tuple[Span, ...]:
    """Places in a row become one span."""
    spans: list[Span] = []
    for index, place in enumerate(places):
        seconds = frames[place].seconds
        if index and places[index - 1] == place - 1:
            spans[-1] = Span(from_seconds=spans[-1].from_seconds, to_seconds=seconds)
        else:
            spans.append(Span(from_seconds=seconds, to_seconds=seconds))
    return tuple(spans)
