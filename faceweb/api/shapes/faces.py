"""Faces: what is known of each, and where it was seen before."""

from datetime import datetime

from ninja import Schema
from pydantic import Field


def is_none(value: object) -> bool:
    """True for a field that is only there for a request that asks for it."""
    return value is None


class CandidateOut(Schema):
    """A person that a face may show. `person_id` is the subject's id."""

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
    """What the API says of a face, wherever it was seen."""

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
        None, description="Who it is, as the person is called now", examples=["Grace Hopper"]
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
