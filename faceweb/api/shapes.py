"""What the API takes and gives, as OpenAPI shows it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import AfterValidator, Field, SerializerFunctionWrapHandler, model_serializer
from pydantic_core import PydanticCustomError

from recognition.errors import NameRefused
from recognition.gallery.names import MAX_NAME, clean_name


def _person_name(written: str) -> str:
    try:
        return clean_name(written)
    except NameRefused as refusal:
        raise PydanticCustomError("name_refused", "{why}", {"why": str(refusal)}) from None


def _in_utc(moment: datetime) -> datetime:
    """The database compares moments in UTC, where the first and the last day of all may not be."""
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        why = "use a year from 2 to 9998"
        raise PydanticCustomError("moment_refused", "{why}", {"why": why}) from None


Moment = Annotated[datetime, AfterValidator(_in_utc)]
PersonName = Annotated[str, Field(min_length=1, max_length=MAX_NAME), AfterValidator(_person_name)]


ASKED_FOR = ("embedding", "crop", "pose")
"""Fields of a face that are only there for a request that asks for them."""


class CandidateOut(Schema):
    """A person whom a face may show. `person_id` is the subject's id."""

    person_id: str
    name: str
    distance: float
    similarity: float


class PoseOut(Schema):
    """Which way a face looks, in degrees."""

    yaw: float = Field(description="Over 0: to the right of the picture")
    pitch: float = Field(description="Over 0: up")
    roll: float = Field(description="Over 0: tilted clockwise")


class FaceOut(Schema):
    """One face. `box` is left, top, right, bottom in pixels of the upright picture."""

    box: list[float]
    probability: float
    landmarks: list[list[float]] = []
    identity: str | None = Field(None, description="Who it is, as the person is called now")
    named: str | None = Field(None, description="Who somebody said it is, after the answer")
    person_id: str | None = Field(None, description="Id of the subject whose face it is")
    distance: float | None = None
    similarity: float | None = Field(None, description="0 to 1; 0.5 at the threshold in force")
    candidates: list[CandidateOut] = Field([], description="The nearest people, nearest first")
    not_named: str | None = Field(None, description="Why the face is too doubtful for a name")
    left_out: str | None = Field(None, description="Why a quality filter did not use the face")
    embedding: list[float] | None = Field(None, description="Only where it is asked for")
    crop: str | None = Field(None, description="A JPEG in base64, only where it is asked for")
    pose: PoseOut | None = Field(None, description="Only where it is asked for")

    @model_serializer(mode="wrap")
    def _without_what_was_not_asked_for(
        self, serialise: SerializerFunctionWrapHandler
    ) -> dict[str, Any]:
        fields: dict[str, Any] = serialise(self)
        missing = [name for name in ASKED_FOR if name not in self.model_fields_set]
        return {name: value for name, value in fields.items() if name not in missing}


class JobOut(Schema):
    """One job: upload, attempts, machine, model, timings and result."""

    id: str
    url: str
    kind: str
    state: str
    filename: str
    result: str | None
    distance: float | None
    faces: list[FaceOut]
    error: dict[str, str] | None
    picture: dict[str, Any]
    model: str | None
    gallery_version: str | None
    instance: str | None
    worker: str | None
    sends: int
    times: dict[str, str | None]
    stage_milliseconds: dict[str, float]


class BatchProblemOut(Schema):
    """A picture of a batch that is not taken, and why."""

    picture: int = Field(description="Its place among the pictures that were sent, from 0")
    filename: str
    status: int
    detail: str


class BatchOut(Schema):
    jobs: list[JobOut]
    problems: list[BatchProblemOut] = Field([], description="Pictures that are not taken")


class JobPageOut(Schema):
    jobs: list[JobOut]
    next: str | None = Field(description="Cursor of the next page; null on the last")


class JobFilterIn(Schema):
    """Filters of the job list."""

    state: Literal["stored", "queued", "succeeded", "failed", "cancelled"] | None = None
    kind: Literal["recognise", "embed", "detect", "verify"] | None = None
    result: str | None = Field(
        None, max_length=255, description="An answer; a name finds every picture of that person"
    )
    person: str | None = Field(None, max_length=64, description="Id of a subject")
    filename: str | None = Field(None, max_length=255, description="A part of the file name")
    instance: str | None = Field(None, max_length=64)
    model: str | None = Field(None, max_length=64)
    since: Moment | None = None
    until: Moment | None = None


class VideoFaceOut(Schema):
    """One face of a frame. `box` is left, top, right, bottom in pixels of the frame."""

    name: str | None
    person_id: str | None = Field(None, description="Id of the subject")
    box: list[float]
    probability: float
    similarity: float | None
    distance: float | None
    not_named: str | None = Field(None, description="Why the face is too doubtful for a name")


class VideoFrameOut(Schema):
    """One frame, its time from the start, and who is in it."""

    number: int
    seconds: float
    error: str | None
    faces: list[VideoFaceOut]


class SpanOut(Schema):
    from_seconds: float
    to_seconds: float


class VideoPersonOut(Schema):
    """One person of a video: how surely (0 to 1), when, in which frames, and in which best."""

    name: str
    person_id: str | None = Field(None, description="Id of the subject")
    certainty: float
    spans: list[SpanOut]
    frames: list[int]
    best_frame: int


class VideoProgressOut(Schema):
    frames_stored: int
    frames_recognised: int
    frames_expected: int | None = Field(description="A short video has fewer in the end")


class VideoInListOut(Schema):
    """One video: its progress, and once that is over who is seen in it."""

    id: str
    url: str
    state: Literal["uploading", "stored", "working", "succeeded", "failed"]
    backend: str
    filename: str
    bytes: int
    progress: VideoProgressOut
    result: str | None = Field(description="The surest name; or `unknown`, or `no face`")
    people: list[VideoPersonOut]
    damaged_parts: int
    incomplete: str | None = Field(description="Why not all of it was read")
    error: dict[str, str] | None
    times: dict[str, str | None]


class VideoOut(VideoInListOut):
    frames: list[VideoFrameOut]


class VideoPageOut(Schema):
    videos: list[VideoInListOut]
    next: str | None = Field(description="Cursor of the next page; null on the last")


class VideoFilterIn(Schema):
    """Filters of the video list."""

    state: Literal["uploading", "stored", "working", "succeeded", "failed"] | None = None
    result: str | None = Field(None, max_length=255)
    filename: str | None = Field(None, max_length=255, description="A part of the file name")


class VerifyOut(Schema):
    """Whether two faces of two pictures are one person's; null where there is no such face."""

    same_person: bool | None
    similarity: float | None
    distance: float | None
    detail: str | None = Field(None, description="Which picture has no such face")
    job: JobOut


class SubjectOut(Schema):
    id: str
    name: str
    examples: int


class LearnedOut(SubjectOut):
    """A person who has a new example."""

    warnings: list[str] = Field(
        [],
        description="Other faces in the picture, people whom the face looks like, the same picture "
        "twice",
    )


class SubjectPageOut(Schema):
    subjects: list[SubjectOut]
    next: str | None = Field(
        description="Give this as `after` for the page behind; null at the end"
    )


class RenameIn(Schema):
    name: PersonName


class MergeIn(Schema):
    into: str = Field(description="Id of the subject that gets the examples")


class NameFaceIn(Schema):
    name: PersonName


class ExampleOut(Schema):
    id: str
    picture: bool = Field(description="Whether the cut-out face can be downloaded")


class ExampleListOut(Schema):
    examples: list[ExampleOut]


class ReceiptOut(Schema):
    """What was erased of a person."""

    receipt: int
    subject: str
    name: str
    erased_at: str
    examples: int
    pictures: int
    jobs: int
    videos: int


class ErasingOut(Schema):
    """A person who is being erased."""

    subject: str
    detail: str


class GalleryOut(Schema):
    model: str | None
    version: str | None
    people: int
    examples: int
    dimension: int | None
    threshold: float | None = Field(
        None, description="Distance above which a face is unknown; null without a gallery"
    )
    threshold_reason: str | None = Field(None, description="What the threshold follows from")


class QueueOut(Schema):
    visible: int
    in_flight: int


class DecisionOut(Schema):
    at: datetime
    reason: str
    visible: int | None
    in_flight: int | None
    booting: int | None
    ready: int | None
    leaving: int | None
    launched: int
    asked_to_stop: int
    terminated: int


class InstanceOut(Schema):
    id: str
    name: str
    state: str
    since: datetime | None


class FleetOut(Schema):
    queues: dict[str, QueueOut]
    instances: list[InstanceOut]
    states: dict[str, int] = Field(description="How many instances are in each state")
    decisions: list[DecisionOut]
