"""Jobs, as the API shows and filters them."""

from typing import Literal

from ninja import Schema
from pydantic import Field

from faceweb.api.shapes.faces import FaceOut
from faceweb.api.shapes.fields import Moment

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


class VerifyOut(Schema):
    """Whether two faces of two pictures are one person's; null where there is no such face."""

    same_person: bool | None = Field(description="Whether the nearest pair is one person")
    similarity: float | None = Field(description="0 to 1; 0.5 at the threshold for two faces")
    distance: float | None = Field(description="How far the two faces are from each other")
    detail: str | None = Field(None, description="Which picture has no such face")
    job: JobOut = Field(description="The job with the faces that were compared")
