"""What the system answers, as frozen values. Fields that a newer system adds are passed over."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, TypeVar

T = TypeVar("T")
JsonObject = Mapping[str, Any]
Page = tuple[list[T], str | None]
"""What a page holds, and the cursor of the next one."""
State = Literal["stored", "queued", "succeeded", "failed", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A person that a face may show."""

    person_id: str
    name: str
    distance: float
    similarity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """Which way a face looks, in degrees: over 0 is right, up, and tilted clockwise."""

    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """One face. `box` is left, top, right, bottom in pixels of the upright picture.

    `name` is None for somebody unknown. `similarity` is 0 to 1, and 0.5 at the threshold in force.
    `embedding`, `crop` (a JPEG) and `pose` are there where they were asked for.
    """

    box: tuple[float, float, float, float]
    probability: float
    landmarks: tuple[tuple[float, float], ...] = ()
    name: str | None = None
    person_id: str | None = None
    distance: float | None = None
    similarity: float | None = None
    candidates: tuple[Candidate, ...] = ()
    not_named: str | None = None
    left_out: str | None = None
    embedding: tuple[float, ...] | None = None
    crop: bytes | None = None
    pose: Pose | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One picture and its answer. `result` is a name, `unknown` or `no face`."""

    id: str
    state: State
    filename: str
    faces: tuple[Face, ...]
    error: str | None
    result: str | None = None
    model: str | None = None

    @property
    def is_final(self) -> bool:
        """True once nothing changes any more."""
        return self.state not in ("stored", "queued")


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The jobs of several pictures, and a sentence for each picture that was not taken."""

    jobs: tuple[Job, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Whether two pictures show one person. None where a picture has no such face, or no answer
    came in time: then `detail` or the job says why."""

    same_person: bool | None
    similarity: float | None
    distance: float | None
    job: Job
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who is enrolled."""

    id: str
    name: str
    examples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned(Person):
    """A person who has new examples, what to be warned of, and a sentence for each picture that
    gave none."""

    warnings: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One example of a person. `picture` says whether its cut-out face can be downloaded."""

    id: str
    picture: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """The receipt of an erasing. `is_done` is False while it goes on."""

    person_id: str
    is_done: bool
    jobs: int = 0
    examples: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A face of the history: in which job, which one, whose, and how alike."""

    job: str
    number: int
    similarity: float
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A form that takes one picture to S3. `id` is the job's, once the picture has arrived."""

    id: str
    url: str
    fields: dict[str, str]
    max_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """One video, and who is seen in it."""

    id: str
    state: str
    filename: str
    people: tuple[str, ...]
    error: str | None
    result: str | None = None

    @property
    def is_final(self) -> bool:
        """True once nothing changes any more."""
        return self.state in ("succeeded", "failed")


def _of(kind: type[T], payload: JsonObject, **own: object) -> T:
    """Build a value from the payload's members of its field names; `own` has the other fields."""
    given = {one.name: payload[one.name] for one in fields(kind) if one.name in payload}  # type: ignore[arg-type]
    return kind(**{**given, **own})


def _error(payload: JsonObject) -> str | None:
    return payload["error"]["message"] if payload.get("error") else None


def _problems(payload: JsonObject) -> tuple[str, ...]:
    return tuple(f"{one['filename']}: {one['detail']}" for one in payload.get("problems") or ())


def seen(payload: JsonObject) -> list[Seen]:
    """The faces of a search's answer."""
    return [_of(Seen, one) for one in payload["faces"]]


def upload(payload: JsonObject) -> Upload:
    """The form that takes one picture to S3."""
    return _of(Upload, payload)


def uploads(payload: JsonObject) -> list[Upload]:
    return [upload(one) for one in payload["uploads"]]


def video(payload: JsonObject) -> Video:
    """A video of an answer; its people by name."""
    people = tuple(one["name"] for one in payload["people"])
    return _of(Video, payload, people=people, error=_error(payload))


def face(payload: JsonObject) -> Face:
    """A face of an answer; what somebody said goes before what the system said."""
    pose, crop, embedding = payload.get("pose"), payload.get("crop"), payload.get("embedding")
    return _of(
        Face,
        payload,
        box=tuple(payload["box"]),
        landmarks=tuple(map(tuple, payload.get("landmarks") or ())),
        name=payload.get("named") or payload.get("identity"),
        candidates=tuple(_of(Candidate, one) for one in payload.get("candidates") or ()),
        embedding=None if embedding is None else tuple(embedding),
        crop=None if crop is None else base64.b64decode(crop),
        pose=pose and _of(Pose, pose),
    )


def job(payload: JsonObject) -> Job:
    """A job of an answer."""
    return _of(Job, payload, faces=tuple(map(face, payload["faces"])), error=_error(payload))


def batch(payload: JsonObject) -> Batch:
    """The jobs of several pictures."""
    return Batch(jobs=tuple(map(job, payload["jobs"])), problems=_problems(payload))


def comparison(payload: JsonObject) -> Comparison:
    """The answer about two pictures."""
    return _of(Comparison, payload, job=job(payload["job"]))


def person(payload: JsonObject) -> Person:
    """A person of an answer."""
    return _of(Person, payload)


def learned(payload: JsonObject) -> Learned:
    """A person with new examples, and the warnings about them."""
    warnings = tuple(payload.get("warnings") or ())
    return _of(Learned, payload, warnings=warnings, problems=_problems(payload))


def examples(payload: JsonObject) -> list[Example]:
    """The examples of a person."""
    return [_of(Example, one) for one in payload["examples"]]


def erased(payload: JsonObject) -> Erased:
    """A receipt, or that the erasing goes on."""
    return _of(Erased, payload, person_id=payload["subject"], is_done="receipt" in payload)


def _page(name: str, read: Callable[[JsonObject], T]) -> Callable[[JsonObject], Page[T]]:
    return lambda payload: ([read(one) for one in payload[name]], payload.get("next"))


videos, jobs, people = _page("videos", video), _page("jobs", job), _page("subjects", person)
