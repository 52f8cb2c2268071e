"""Videos, as the API shows and filters them."""

from typing import Literal

from ninja import Schema
from pydantic import Field

from faceweb.api.shapes.faces import AnyFaceOut
from faceweb.api.shapes.jobs import ErrorOut


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
