"""The wire contract between web tier and app tier: task names, requests and replies.

Standard library only, so that whatever speaks to the queues can read it. A message is JSON; each
kind crosses the boundary through one function each way, and the way in checks every field.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from posixpath import splitext
from typing import Literal, cast

from foundation.errors import MalformedMessage

VERSION = 1

RECOGNISE_TASK = "recognise"
EMBED_TASK = "embed"
DETECT_TASK = "detect"
VERIFY_TASK = "verify"
SEARCH_TASK = "search"
NOOP_TASK = "noop"
SPLIT_VIDEO_TASK = "split-video"
RECOGNISE_FRAME_TASK = "recognise-frame"
VIDEO_TASKS = (SPLIT_VIDEO_TASK, RECOGNISE_FRAME_TASK)

LARGEST_NUMBER = 1e12
"""Of a reply: JSON's whole numbers have no end, and no field of ours is as large."""

MOST_CANDIDATES = 100
"""The most people that a face may carry as candidates."""

MOST_FACES = 1000
"""The most faces that a reply holds."""

REPLIES = "replies/"
"""In the gallery's bucket: replies that are larger than a message may be."""

SAME = "same person"
DIFFERENT = "different people"
"""What a verification answers, when both pictures have a face."""

CPU_STAGE = "cpu"
"""Beside the stages' times: what all of them took of the processor. Where it is much less than
their sum, the worker had to share its core."""

SUCCEEDED = "succeeded"
FAILED = "failed"

BAD_PICTURE = "bad-picture"
INTERNAL_ERROR = "internal"
TOO_SLOW = "too-slow"
DEAD_LETTER = "dead-letter"
NO_SUCH_FACE = "no-face"
"""Of a verification that has an answer: a picture has nothing to compare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecogniseOptions:
    """What a request asks of a recognition, in place of what is configured.

    Parameters:
        candidates: how many of the nearest people each face carries.
        least_probability: a face that the detector is less sure of gets no name.
        threshold: the distance above which a face is unknown, in place of the gallery's.
        most_faces: how many faces are answered, the picture's own first, then by size.
        embeddings: whether each face carries its embedding, also one that has a name.
    """

    candidates: int | None = None
    least_probability: float | None = None
    threshold: float | None = None
    most_faces: int | None = None
    embeddings: bool | None = None

    @property
    def given(self) -> dict[str, object]:
        """The options that were asked for, as a task's message holds them."""
        return {name: value for name, value in asdict(self).items() if value is not None}


ANY_FACE: Literal["any"] = "any"
ALL_FACES: Literal["all"] = "all"
FaceChoice = int | Literal["any", "all"] | None
"""A face by its number, the one that fits best, each of them, or None for the picture's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyOptions:
    """Which faces of two pictures a verification compares, and whether it answers embeddings.

    With `other_face="all"` the first picture's face is compared with each of the second picture.
    """

    face: FaceChoice = None
    other_face: FaceChoice = None
    embeddings: bool | None = None

    @property
    def given(self) -> dict[str, object]:
        """The options that were asked for, as a task's message holds them."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def decode_verify_options(value: object) -> VerifyOptions:
    """Read a verification's options; None is none. Raises MalformedMessage."""
    if not isinstance(value, dict | None):
        raise MalformedMessage("options is not an object")
    value = value or {}
    if value.get("face") == ALL_FACES:
        raise MalformedMessage("face can't be all: one face is compared with the others")
    return VerifyOptions(
        face=_face_choice(value.get("face")),
        other_face=_face_choice(value.get("other_face")),
        embeddings=_flag(value.get("embeddings"), "embeddings"),
    )


def _face_choice(value: object) -> FaceChoice:
    if value is None or value in (ANY_FACE, ALL_FACES):
        return cast("FaceChoice", value)
    number = number_of(value, "face")
    if number is None or not 0 <= number < LARGEST_NUMBER or number != int(number):
        raise MalformedMessage(f"face {value!r} is no number of a face")
    return int(number)


def answer_key(input_key: str) -> str:
    """The out-bucket's key for the answer about a picture: its own key without the extension."""
    return splitext(input_key)[0]


def decode_options(value: object) -> RecogniseOptions:
    """Read a task's options; None is none. Raises MalformedMessage."""
    if not isinstance(value, dict | None):
        raise MalformedMessage("options is not an object")
    value = value or {}
    return RecogniseOptions(
        candidates=_count(value.get("candidates"), "candidates", MOST_CANDIDATES),
        least_probability=number_of(value.get("least_probability"), "least_probability"),
        threshold=number_of(value.get("threshold"), "threshold"),
        most_faces=_count(value.get("most_faces"), "most_faces", MOST_FACES),
        embeddings=_flag(value.get("embeddings"), "embeddings"),
    )


def _count(value: object, name: str, most: int) -> int | None:
    number = number_of(value, name)
    if number is not None and not 0 <= number <= most:
        raise MalformedMessage(f"{name} is out of range")
    return None if number is None else int(number)


def _flag(value: object, name: str) -> bool | None:
    if not isinstance(value, bool | None):
        raise MalformedMessage(f"{name} is neither true nor false")
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateReply:
    """A person whom a face may show: the gallery's id, the name, and how alike they are."""

    person_id: str
    name: str
    distance: float
    similarity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceReply:
    """One face as the app tier saw it.

    `box` is left, top, right, bottom in pixels of the upright picture, within its edges;
    `landmarks` five (x, y). `identity` is the name of the person `person_id` of the gallery.
    `candidates` are the nearest people, nearest first. `embedding` is little-endian float32, kept
    for faces that nobody could name. `size_pixels`, `sharpness` and `turned` are the face's
    quality. `left_out` says why the quality filter skipped the face, `not_named` why it could get
    no name.
    """

    box: tuple[float, float, float, float]
    probability: float
    landmarks: tuple[tuple[float, float], ...] = ()
    identity: str | None = None
    person_id: str | None = None
    distance: float | None = None
    similarity: float | None = None
    candidates: tuple[CandidateReply, ...] = ()
    embedding: bytes | None = None
    size_pixels: float | None = None
    sharpness: float | None = None
    turned: float | None = None
    left_out: str | None = None
    not_named: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the app tier says about one job. Times are seconds since the epoch."""

    job_id: uuid.UUID
    state: str
    answer: str = ""
    faces: tuple[FaceReply, ...] = ()
    width: int = 0
    height: int = 0
    model: str = ""
    gallery_version: str = ""
    instance_id: str = ""
    worker: str = ""
    started_at: float | None = None
    finished_at: float | None = None
    stage_milliseconds: Mapping[str, float] = field(default_factory=dict)
    error_kind: str = ""
    error: str = ""


def encode_claim(job_id: str) -> str:
    """The message in place of a reply that is larger than one: it lies at `claimed_key`."""
    return json.dumps({"v": VERSION, "claim": job_id})


def claimed_key(text: str) -> str | None:
    """Where the reply lies that a message stands for, or None: the message is the reply."""
    if '"claim"' not in text:
        return None  # nearly always: the reply itself is read by `decode_reply`
    try:
        claimed = json_object(text).get("claim")
        return f"{REPLIES}{uuid_of(claimed)}" if claimed else None
    except MalformedMessage:
        return None


def encode_reply(reply: Reply) -> str:
    """The reply as the text of one queue message."""
    return json.dumps({"v": VERSION, "job": str(reply.job_id), **_reply_fields(reply)})


def _reply_fields(reply: Reply) -> dict[str, object]:
    fields = {
        "state": reply.state,
        "answer": reply.answer,
        "faces": [_encode_face(face) for face in reply.faces],
        "size": [reply.width, reply.height],
        "model": reply.model,
        "gallery": reply.gallery_version,
        "instance": reply.instance_id,
        "worker": reply.worker,
        "started": reply.started_at,
        "finished": reply.finished_at,
        "stages": dict(reply.stage_milliseconds),
        "error_kind": reply.error_kind,
        "error": reply.error,
    }
    return {name: value for name, value in fields.items() if value not in (None, "", [], {})}


def _encode_face(face: FaceReply) -> dict[str, object]:
    fields = {
        "box": [round(edge, 2) for edge in face.box],
        "p": round(face.probability, 6),
        "landmarks": [[round(x, 2), round(y, 2)] for x, y in face.landmarks],
        "identity": face.identity,
        "person": face.person_id,
        "distance": face.distance,
        "similarity": face.similarity,
        "candidates": [_encode_candidate(one) for one in face.candidates],
        "embedding": face.embedding and base64.b64encode(face.embedding).decode(),
        "pixels": face.size_pixels,
        "sharp": face.sharpness,
        "turned": face.turned,
        "left_out": face.left_out,
        "not_named": face.not_named,
    }
    return {name: value for name, value in fields.items() if value not in (None, "", [])}


def _encode_candidate(candidate: CandidateReply) -> list[object]:
    return [candidate.person_id, candidate.name, candidate.distance, candidate.similarity]


def decode_reply(text: str) -> Reply:
    """Read a message of the response queue. Raises MalformedMessage."""
    message = json_object(text)
    if message.get("v") != VERSION:
        raise MalformedMessage(f"version {message.get('v')!r} is not {VERSION}")
    state = message.get("state")
    if not isinstance(state, str) or state not in (SUCCEEDED, FAILED):
        raise MalformedMessage(f"state {state!r} is neither {SUCCEEDED} nor {FAILED}")
    width, height = _numbers(message.get("size", [0, 0]), 2, "size")
    return Reply(
        job_id=uuid_of(message.get("job")),
        state=state,
        answer=text_of(message, "answer", 255),
        faces=tuple(_decode_face(face) for face in _list(message.get("faces", []), "faces")),
        width=int(width),
        height=int(height),
        model=text_of(message, "model", 64),
        gallery_version=text_of(message, "gallery", 128),
        instance_id=text_of(message, "instance", 64),
        worker=text_of(message, "worker", 128),
        started_at=number_of(message.get("started"), "started"),
        finished_at=number_of(message.get("finished"), "finished"),
        stage_milliseconds=_stages(message.get("stages", {})),
        error_kind=text_of(message, "error_kind", 32),
        error=text_of(message, "error", 1000),
    )


def _decode_face(face: object) -> FaceReply:
    if not isinstance(face, dict):
        raise MalformedMessage("a face is not an object")
    left, top, right, bottom = _numbers(face.get("box"), 4, "box")
    probability = number_of(face.get("p"), "p")
    landmarks = []
    for point in _list(face.get("landmarks", []), "landmarks"):
        x, y = _numbers(point, 2, "landmark")
        landmarks.append((x, y))
    return FaceReply(
        box=(left, top, right, bottom),
        probability=probability or 0.0,
        landmarks=tuple(landmarks),
        identity=text_of(face, "identity", 255) or None,
        person_id=text_of(face, "person", 64) or None,
        distance=number_of(face.get("distance"), "distance"),
        similarity=number_of(face.get("similarity"), "similarity"),
        candidates=tuple(
            _decode_candidate(one) for one in _list(face.get("candidates", []), "candidates")
        ),
        embedding=_embedding(face.get("embedding")),
        size_pixels=number_of(face.get("pixels"), "pixels"),
        sharpness=number_of(face.get("sharp"), "sharp"),
        turned=number_of(face.get("turned"), "turned"),
        left_out=text_of(face, "left_out", 255) or None,
        not_named=text_of(face, "not_named", 255) or None,
    )


def _decode_candidate(value: object) -> CandidateReply:
    if not isinstance(value, list) or len(value) != 4:
        raise MalformedMessage("a candidate does not have 4 values")
    distance, similarity = _numbers(value[2:], 2, "candidate")
    text = {"id": value[0], "name": value[1]}
    return CandidateReply(
        person_id=text_of(text, "id", 64),
        name=text_of(text, "name", 255),
        distance=distance,
        similarity=similarity,
    )


def json_object(text: str) -> dict[str, object]:
    """A message's JSON object. Raises MalformedMessage."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MalformedMessage(f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise MalformedMessage("not a JSON object")
    return value


def uuid_of(value: object) -> uuid.UUID:
    """A job's id. Raises MalformedMessage."""
    with suppress(ValueError):
        if isinstance(value, str):
            return uuid.UUID(value)
    raise MalformedMessage(f"job {value!r} is not a UUID")


def text_of(message: Mapping[str, object], name: str, limit: int) -> str:
    """A field that is a text, cut at `limit` characters. Raises MalformedMessage."""
    value = message.get(name, "")
    if not isinstance(value, str):
        raise MalformedMessage(f"{name} is not a text")
    return storable(value)[:limit]


def storable(text: str) -> str:
    """The text without what no database takes: NUL, and half a surrogate pair."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def number_of(value: object, name: str) -> float | None:
    """A number within our bounds, or None. Raises MalformedMessage."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MalformedMessage(f"{name} is not a number")
    if not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:  # NaN is within no bounds
        raise MalformedMessage(f"{name} is out of range")
    return float(value)


def _numbers(value: object, count: int, name: str) -> list[float]:
    numbers = [number_of(item, name) for item in _list(value, name)]
    if len(numbers) != count or None in numbers:
        raise MalformedMessage(f"{name} does not have {count} numbers")
    return [number for number in numbers if number is not None]


def _list(value: object, name: str) -> list[object]:
    if not isinstance(value, list):
        raise MalformedMessage(f"{name} is not a list")
    return value


def _stages(value: object) -> dict[str, float]:
    if not isinstance(value, dict):
        raise MalformedMessage("stages is not an object")
    return {str(name)[:32]: number_of(took, "stage") or 0.0 for name, took in value.items()}


def _embedding(value: object) -> bytes | None:
    if value is None:
        return None
    with suppress(ValueError):  # binascii.Error is one
        if isinstance(value, str):
            return base64.b64decode(value, validate=True)
    raise MalformedMessage("embedding is not base64")
