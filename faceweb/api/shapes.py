"""What the API takes and gives, as OpenAPI shows it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import AfterValidator, Field
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


def is_none(value: object) -> bool:
    """True for a field that is only there for a request that asks for it."""
    return value is None


class CandidateOut(Schema):
    """A person whom a face may show. `person_id` is the subject's id."""

    person_id: str = Field(description="Id of the subject")
    name: str = Field(description="What they are called now", examples=["Grace Hopper"])
    distance: float = Field(description="How far the face is from their examples")
    similarity: float = Field(description="0 to 1; 0.5 at the threshold in force")


class PoseOut(Schema):
    """Which way a face looks, in degrees."""

    yaw: float = Field(description="Over 0: to the right of the picture")
    pitch: float = Field(description="Over 0: up")
    roll: float = Field(description="Over 0: tilted clockwise")


class AnyFaceOut(Schema):
    """What is told of a face, wherever it was seen."""

    box: list[float] = Field(
        description="Left, top, right, bottom in pixels", examples=[[38.0, 21.5, 120.0, 133.0]]
    )
    probability: float = Field(description="How sure the detector is of it, 0 to 1")
    person_id: str | None = Field(None, description="Id of the subject whose face it is")
    distance: float | None = Field(None, description="How far it is from the nearest person")
    similarity: float | None = Field(None, description="0 to 1; 0.5 at the threshold in force")
    not_named: str | None = Field(None, description="Why the face is too doubtful for a name")


class FaceOut(AnyFaceOut):
    """One face. `box` is left, top, right, bottom in pixels of the upright picture."""

    landmarks: list[list[float]] = Field(
        [], description="Points x, y: left and right eye, nose, corners of the mouth"
    )
    identity: str | None = Field(
        None,
        description="Who it is, as the person is called now",
        examples=["Grace Hopper"],
    )
    named: str | None = Field(None, description="Who somebody said it is, after the answer")
    candidates: list[CandidateOut] = Field([], description="The nearest people, nearest first")
    left_out: str | None = Field(None, description="Why a quality filter did not use the face")
    embedding: list[float] | None = Field(
        None, exclude_if=is_none, description="What it looks like to the model, if asked for"
    )
    crop: str | None = Field(
        None, exclude_if=is_none, description="Cut out, a JPEG in base64, if asked for"
    )
    pose: PoseOut | None = Field(
        None, exclude_if=is_none, description="Which way it looks, if asked for"
    )


JobStateName = Literal["stored", "queued", "succeeded", "failed", "cancelled"]
JobKindName = Literal["recognise", "embed", "detect", "verify", "search"]


class ErrorOut(Schema):
    """Why a job failed."""

    kind: str = Field(description="Its kind", examples=["bad-picture"])
    message: str = Field(description="One sentence for people")


class PictureOut(Schema):
    """The picture of a job."""

    key: str = Field(description="Its key in the in-bucket")
    width: int = Field(description="Pixels, upright")
    height: int = Field(description="Pixels, upright")
    bytes: int = Field(description="Size of the file")


class TimesOut(Schema):
    """When a job reached each step, in ISO 8601; null for a step that is to come."""

    accepted: str | None = Field(description="The picture was stored")
    queued: str | None = Field(description="Its task was sent")
    started: str | None = Field(description="A worker took it")
    finished: str | None = Field(description="The worker was done")
    answered: str | None = Field(description="Its answer came back")


class WaitingOut(Schema):
    """What a job waits for."""

    sentence: str = Field(
        description="In words",
        examples=["A machine is being started for your picture: about 20 seconds."],
    )
    percent: int | None = Field(description="How much of that time is over")


class JobOut(Schema):
    """One job: upload, attempts, machine, model, timings and result."""

    id: str = Field(description="The job's id, a UUID")
    url: str = Field(description="Where it is shown")
    kind: JobKindName = Field(description="What was asked")
    state: JobStateName = Field(description="The last three are final")
    filename: str = Field(description="The file's name", examples=["grace_hopper.jpg"])
    result: str | None = Field(
        description="A name, `unknown` or `no face`", examples=["Grace Hopper"]
    )
    distance: float | None = Field(description="Of the face that the result is about")
    faces: list[FaceOut] = Field(description="All faces, the picture's own first")
    error: ErrorOut | None = Field(description="Why it failed")
    picture: PictureOut = Field(description="The picture that was sent")
    model: str | None = Field(description="The model that looked at it", examples=["sface"])
    gallery_version: str | None = Field(description="The gallery that it was compared with")
    instance: str | None = Field(description="The machine that did the work")
    worker: str | None = Field(description="The process that did the work")
    sends: int = Field(description="How often its task was sent")
    times: TimesOut = Field(description="When it reached each step")
    stage_milliseconds: dict[str, float] = Field(description="What each stage took")
    waiting: WaitingOut | None = Field(
        None, description="Of a single job that is asked for: why it has no answer yet"
    )


class BatchProblemOut(Schema):
    """A picture of a batch that is not taken, and why."""

    picture: int = Field(description="Its place among the pictures that were sent, from 0")
    filename: str = Field(description="Its file name")
    status: int = Field(description="The HTTP status that it alone would have got")
    detail: str = Field(description="Why it is not taken, in a sentence")


class BatchOut(Schema):
    """The answers of several pictures."""

    jobs: list[JobOut] = Field(description="A job for each picture that is taken")
    problems: list[BatchProblemOut] = Field([], description="Pictures that are not taken")


class JobPageOut(Schema):
    """A page of jobs."""

    jobs: list[JobOut] = Field(description="Newest first")
    next: str | None = Field(description="Cursor of the next page; null on the last")


class JobFilterIn(Schema):
    """Filters of the job list."""

    state: JobStateName | None = Field(None, description="Only jobs in this state")
    kind: JobKindName | None = Field(None, description="Only jobs of this kind")
    result: str | None = Field(
        None, max_length=255, description="An answer; a name finds every picture of that person"
    )
    person: str | None = Field(None, max_length=64, description="Id of a subject")
    filename: str | None = Field(None, max_length=255, description="A part of the file name")
    instance: str | None = Field(None, max_length=64, description="Id of a machine")
    model: str | None = Field(None, max_length=64, description="Name of a model")
    since: Moment | None = Field(None, description="Accepted at this time or later")
    until: Moment | None = Field(None, description="Accepted before this time")


class VideoFaceOut(AnyFaceOut):
    """One face of a frame. `box` is left, top, right, bottom in pixels of the frame."""

    name: str | None = Field(description="Who it is; null for somebody unknown")


class VideoFrameOut(Schema):
    """One frame, its time from the start, and who is in it."""

    number: int = Field(description="Its number, from 0")
    seconds: float = Field(description="Its time from the start")
    error: str | None = Field(description="Why it has no faces")
    faces: list[VideoFaceOut] = Field(description="All faces of the frame")


class SpanOut(Schema):
    """A part of a video."""

    from_seconds: float = Field(description="Where it begins")
    to_seconds: float = Field(description="Where it ends")


class VideoPersonOut(Schema):
    """One person of a video: how surely (0 to 1), when, in which frames, and in which best."""

    name: str = Field(description="What they are called now")
    person_id: str | None = Field(None, description="Id of the subject")
    certainty: float = Field(description="How surely they are seen, 0 to 1")
    spans: list[SpanOut] = Field(description="When they are seen")
    frames: list[int] = Field(description="The numbers of the frames that show them")
    best_frame: int = Field(description="The number of the frame that shows them best")


class VideoProgressOut(Schema):
    """How far a video is."""

    frames_stored: int = Field(description="Frames that were cut out")
    frames_recognised: int = Field(description="Frames whose faces are named")
    frames_expected: int | None = Field(description="A short video has fewer in the end")


VideoStateName = Literal["uploading", "stored", "working", "succeeded", "failed"]


class VideoInListOut(Schema):
    """One video: its progress, and once that is over who is seen in it."""

    id: str = Field(description="The video's id, a UUID")
    url: str = Field(description="Where it is shown")
    state: VideoStateName = Field(description="The last two are final")
    backend: str = Field(description="What works on it: functions or the workers")
    filename: str = Field(description="The file's name", examples=["party.mp4"])
    bytes: int = Field(description="Size of the file")
    progress: VideoProgressOut = Field(description="How far it is")
    result: str | None = Field(description="The surest name; or `unknown`, or `no face`")
    people: list[VideoPersonOut] = Field(description="Who is seen, the surest first")
    damaged_parts: int = Field(description="Parts that could not be read")
    incomplete: str | None = Field(description="Why not all of it was read")
    error: ErrorOut | None = Field(description="Why it failed")
    times: dict[str, str | None] = Field(description="When it reached each step, in ISO 8601")


class VideoOut(VideoInListOut):
    """One video with its frames."""

    frames: list[VideoFrameOut] = Field(description="Frames that are done")


class VideoPageOut(Schema):
    """A page of videos."""

    videos: list[VideoInListOut] = Field(description="Newest first")
    next: str | None = Field(description="Cursor of the next page; null on the last")


class VideoFilterIn(Schema):
    """Filters of the video list."""

    state: VideoStateName | None = Field(None, description="Only videos in this state")
    result: str | None = Field(None, max_length=255, description="A name")
    filename: str | None = Field(None, max_length=255, description="A part of the file name")


class SeenFaceOut(Schema):
    """A face of the history that looks like the one that was asked for."""

    job: str = Field(description="Id of the job of its picture")
    url: str = Field(description="Where its picture is shown")
    number: int = Field(description="The face's number in the job, from 0")
    seen_at: datetime = Field(description="When its picture came")
    person_id: str | None = Field(description="Id of the subject; null for an unknown face")
    name: str | None = Field(description="Who it is; null for an unknown face")
    similarity: float = Field(description="0 to 1; 0.5 at the threshold")


class SearchOut(Schema):
    """Where a face was seen before."""

    faces: list[SeenFaceOut] = Field(description="Most alike first")


class VerifyOut(Schema):
    """Whether two faces of two pictures are one person's; null where there is no such face."""

    same_person: bool | None = Field(description="Whether the nearest pair is one person")
    similarity: float | None = Field(description="0 to 1; 0.5 at the threshold for two faces")
    distance: float | None = Field(description="How far the two faces are from each other")
    detail: str | None = Field(None, description="Which picture has no such face")
    job: JobOut = Field(description="The job with the faces that were compared")


class SubjectOut(Schema):
    """A person who is enrolled."""

    id: str = Field(description="The person's id, which stays")
    name: str = Field(description="What they are called now", examples=["Grace Hopper"])
    examples: int = Field(description="How many examples they have")


class LearnedOut(SubjectOut):
    """A person who has a new example."""

    warnings: list[str] = Field(
        [],
        description="Other faces in the picture, people whom the face looks like, the same picture "
        "twice",
    )


class ExamplesOut(LearnedOut):
    """A person who has several new examples."""

    problems: list[BatchProblemOut] = Field([], description="Pictures that gave no example")


class SubjectPageOut(Schema):
    """A page of people."""

    subjects: list[SubjectOut] = Field(description="By name")
    next: str | None = Field(
        description="Give this as `after` for the page behind; null at the end"
    )


class RenameIn(Schema):
    """What a person is to be called."""

    name: PersonName = Field(description="The new name", examples=["Grace Hopper"])


class MergeIn(Schema):
    """Who a person turned out to be."""

    into: str = Field(description="Id of the subject that gets the examples")


class NameFaceIn(Schema):
    """Whose face it is."""

    name: PersonName = Field(description="The person's name", examples=["Grace Hopper"])


class ExampleOut(Schema):
    """One example of a person."""

    id: str = Field(description="The example's id, from its embedding")
    picture: bool = Field(description="Whether the cut-out face can be downloaded")


class ExampleListOut(Schema):
    """A person's examples."""

    examples: list[ExampleOut] = Field(description="All of them")


class ReceiptOut(Schema):
    """What was erased of a person."""

    receipt: int = Field(description="Number of the entry in the audit log")
    subject: str = Field(description="The id that they had")
    name: str = Field(description="The name that they had, in the first answer only")
    erased_at: str = Field(description="When, in ISO 8601")
    examples: int = Field(description="Examples that were erased")
    pictures: int = Field(description="Cut-outs and pictures that were erased")
    jobs: int = Field(description="Jobs that named them")
    videos: int = Field(description="Videos that named them")


class ErasingOut(Schema):
    """A person who is being erased."""

    subject: str = Field(description="Their id")
    detail: str = Field(description="What goes on, in a sentence")


class GalleryOut(Schema):
    """The gallery, and how strictly faces are named by it."""

    model: str | None = Field(description="The model that made it", examples=["sface"])
    version: str | None = Field(description="Changes with each change of it")
    people: int = Field(description="How many people it has")
    examples: int = Field(description="How many examples they have together")
    dimension: int | None = Field(description="Length of an embedding")
    threshold: float | None = Field(
        None, description="Distance above which a face is unknown; null without a gallery"
    )
    threshold_reason: str | None = Field(None, description="What the threshold follows from")


class QueueOut(Schema):
    """How long a queue is."""

    visible: int = Field(description="Messages that wait")
    in_flight: int = Field(description="Messages that somebody works on")


class DecisionOut(Schema):
    """What the scaler saw and did."""

    at: datetime = Field(description="When")
    reason: str = Field(description="Why, in words")
    visible: int | None = Field(description="Jobs that waited")
    in_flight: int | None = Field(description="Jobs that were worked on")
    booting: int | None = Field(description="Instances that started")
    ready: int | None = Field(description="Instances that worked")
    leaving: int | None = Field(description="Instances that were to end")
    functions: int | None = Field(description="Functions that ran")
    launched: int = Field(description="Instances that were launched")
    functions_started: int = Field(description="Functions that were started")
    asked_to_stop: int = Field(description="Instances that were asked to end")
    terminated: int = Field(description="Instances that were ended")


class InstanceOut(Schema):
    """A machine of the app tier."""

    id: str = Field(description="EC2's id")
    name: str = Field(description="Its tag Name")
    state: str = Field(description="What it does", examples=["ready"])
    since: datetime | None = Field(description="Since when it is in this state")


class FunctionOut(Schema):
    """A run of the function that answers pictures while no machine does."""

    id: str = Field(description="Its name in answers")
    state: str = Field(description="starting, or ready when it works")
    since: datetime = Field(description="Since when it is in this state")


class FleetOut(Schema):
    """Queues, instances, functions, and what the scaler did lately."""

    queues: dict[str, QueueOut] = Field(description="By their names")
    instances: list[InstanceOut] = Field(description="The app tier's machines")
    states: dict[str, int] = Field(description="How many instances are in each state")
    functions: list[FunctionOut] = Field(description="The functions that run")
    decisions: list[DecisionOut] = Field(description="Newest first")
