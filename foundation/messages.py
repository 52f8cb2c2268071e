"""The wire contract between web tier and app tier: task names, requests and replies.

A message is JSON; each kind crosses the boundary through one function each way, and the way in
checks every field. A field's type says what may come, and its alias what it is called there.
"""

import base64
import json
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from posixpath import splitext
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import (
    AliasPath,
    BeforeValidator,
    Field,
    PlainSerializer,
    TypeAdapter,
    ValidationError,
)

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
"""A verification's answers, when both pictures have a face."""

CPU_STAGE = "cpu"
"""Beside the stages' times: what all of them took of the processor. Where it is much less than
their sum, the worker had to share its core."""

SUCCEEDED: Final = "succeeded"
FAILED: Final = "failed"

BAD_PICTURE = "bad-picture"
INTERNAL_ERROR = "internal"
TOO_SLOW = "too-slow"
DEAD_LETTER = "dead-letter"
NO_SUCH_FACE = "no-face"
"""For a verification that has an answer: a picture has nothing to compare."""


T = TypeVar("T")

Number = Annotated[
    float, Field(strict=True, ge=-LARGEST_NUMBER, le=LARGEST_NUMBER, allow_inf_nan=False)
]
Whole = Annotated[int, Field(strict=True, ge=0, lt=LARGEST_NUMBER)]
Flag = Annotated[bool, Field(strict=True)]


def storable(text: str) -> str:
    """The text without what no database takes: NUL, and half a surrogate pair."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def cut(limit: int) -> BeforeValidator:
    """A text that a database takes, cut at `limit` characters."""
    return BeforeValidator(
        lambda value: storable(value)[:limit] if isinstance(value, str) else value
    )


def checked(adapter: TypeAdapter[T], value: object) -> T:
    """What came, as our value. Raises MalformedMessage."""
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in problem["loc"])
        raise MalformedMessage(f"{where or 'message'}: {problem['msg']}") from None


class Options:
    """The options of a request, in place of the configured ones."""

    __slots__ = ()

    @property
    def given(self) -> dict[str, object]:
        """The options that were asked for, as a task's message holds them."""
        options: dict[str, object] = asdict(self)  # type: ignore[call-overload]
        return {name: value for name, value in options.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecogniseOptions(Options):
    """What is asked of a recognition.

    Parameters:
        candidates: how many of the nearest people each face carries.
        least_probability: a face that the detector is less sure of gets no name.
        threshold: the distance above which a face is unknown, in place of the gallery's.
        most_faces: how many faces are answered, the picture's own first, then by size.
        embeddings: whether each face carries its embedding, also one that has a name.
    """

    candidates: Annotated[Whole, Field(le=MOST_CANDIDATES)] | None = None
    least_probability: Number | None = None
    threshold: Number | None = None
    most_faces: Annotated[Whole, Field(le=MOST_FACES)] | None = None
    embeddings: Flag | None = None


ANY_FACE: Literal["any"] = "any"
ALL_FACES: Literal["all"] = "all"
FaceChoice = Whole | Literal["any", "all"] | None
"""A face by its number, the one that fits best, each of them, or None for the picture's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyOptions(Options):
    """Which faces of two pictures a verification compares, and whether it answers embeddings.

    With `other_face="all"` the first picture's face is compared with each of the second picture.
    """

    face: Whole | Literal["any"] | None = None
    other_face: FaceChoice = None
    embeddings: Flag | None = None


_RECOGNISE_OPTIONS = TypeAdapter(RecogniseOptions)
_VERIFY_OPTIONS = TypeAdapter(VerifyOptions)


def decode_options(value: object) -> RecogniseOptions:
    """Read a task's options; None is none. Raises MalformedMessage."""
    return checked(_RECOGNISE_OPTIONS, {} if value is None else value)


def decode_verify_options(value: object) -> VerifyOptions:
    """Read a verification's options; None is none. Raises MalformedMessage."""
    return checked(_VERIFY_OPTIONS, {} if value is None else value)


def answer_key(input_key: str) -> str:
    """The out-bucket's key for the answer about a picture: its own key without the extension."""
    return splitext(input_key)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateReply:
    """A person that a face may show: the gallery's id, the name, and how similar they are."""

    person_id: Annotated[str, cut(64)]
    name: Annotated[str, cut(255)]
    distance: Number
    similarity: Number


def _candidate_of(value: object) -> object:
    """On the wire a candidate is a list."""
    if not isinstance(value, list) or len(value) != 4:
        return None
    return dict(zip(("person_id", "name", "distance", "similarity"), value, strict=True))


def _decoded(value: object) -> object:
    """Base64 as the bytes that it stands for."""
    if value is None:
        return None
    with suppress(ValueError):  # binascii.Error is one
        if isinstance(value, str):
            return base64.b64decode(value, validate=True)
    raise ValueError("not base64")


def _rounded(value: Any) -> Any:
    """Hundredths of a pixel."""
    return round(value, 2) if isinstance(value, int | float) else [_rounded(one) for one in value]


PIXELS = PlainSerializer(_rounded)


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

    box: Annotated[tuple[Number, Number, Number, Number], PIXELS]
    probability: Annotated[
        Number, Field(alias="p"), PlainSerializer(lambda value: round(value, 6))
    ] = 0.0
    landmarks: Annotated[tuple[tuple[Number, Number], ...], PIXELS] = ()
    identity: Annotated[str | None, cut(255)] = None
    person_id: Annotated[str | None, cut(64), Field(alias="person")] = None
    distance: Number | None = None
    similarity: Number | None = None
    candidates: tuple[
        Annotated[
            CandidateReply,
            BeforeValidator(_candidate_of),
            PlainSerializer(lambda one: list(asdict(one).values())),
        ],
        ...,
    ] = ()
    embedding: Annotated[
        bytes | None,
        BeforeValidator(_decoded),
        PlainSerializer(lambda value: base64.b64encode(value).decode()),
    ] = None
    size_pixels: Annotated[Number | None, Field(alias="pixels")] = None
    sharpness: Annotated[Number | None, Field(alias="sharp")] = None
    turned: Number | None = None
    left_out: Annotated[str | None, cut(255)] = None
    not_named: Annotated[str | None, cut(255)] = None


Milliseconds = Annotated[Number, BeforeValidator(lambda value: 0.0 if value is None else value)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the app tier says about one job. Times are seconds since the epoch."""

    job_id: Annotated[uuid.UUID, Field(alias="job")]
    state: Literal["succeeded", "failed"]
    answer: Annotated[str, cut(255)] = ""
    faces: tuple[FaceReply, ...] = ()
    width: Annotated[Whole, Field(validation_alias=AliasPath("size", 0))] = 0
    height: Annotated[Whole, Field(validation_alias=AliasPath("size", 1))] = 0
    model: Annotated[str, cut(64)] = ""
    gallery_version: Annotated[str, cut(128), Field(alias="gallery")] = ""
    instance_id: Annotated[str, cut(64), Field(alias="instance")] = ""
    worker: Annotated[str, cut(128)] = ""
    started_at: Annotated[Number | None, Field(alias="started")] = None
    finished_at: Annotated[Number | None, Field(alias="finished")] = None
    stage_milliseconds: Annotated[
        Mapping[Annotated[str, cut(32)], Milliseconds], Field(alias="stages")
    ] = field(default_factory=dict)
    error_kind: Annotated[str, cut(32)] = ""
    error: Annotated[str, cut(1000)] = ""


_REPLY = TypeAdapter(Reply)


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
    """The reply as the text of one queue message; what is empty is left out."""
    fields = _REPLY.dump_python(
        reply, by_alias=True, exclude_defaults=True, exclude={"width", "height"}
    )
    size = [reply.width, reply.height]
    return json.dumps({"v": VERSION, **fields, "job": str(reply.job_id), "size": size})


def decode_reply(text: str) -> Reply:
    """Read a message of the response queue. Raises MalformedMessage."""
    message = json_object(text)
    if message.get("v") != VERSION:
        raise MalformedMessage(f"version {message.get('v')!r} is not {VERSION}")
    return checked(_REPLY, message)


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
