"""Shapes that the OpenAPI document tells of itself: problems, and pictures in JSON."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field, RootModel
from pydantic.json_schema import models_json_schema


class WrongValue(BaseModel):
    """A value of a request that can't be used."""

    where: str = Field(description="Its place", examples=["query.limit"])
    message: str = Field(description="What is wrong with it")


class Problem(BaseModel):
    """An error (RFC 9457)."""

    type: str = Field(description="Always about:blank", examples=["about:blank"])
    title: str = Field(description="The kind of error", examples=["Not found"])
    status: int = Field(description="The HTTP status", examples=[404])
    detail: str = Field(
        description="What was wrong, in one sentence", examples=["There is no subject 'x'."]
    )
    job: str = Field("", description="The job that failed, where there is one")
    errors: list[WrongValue] = Field([], description="The values that can't be used")


class NamedPicture(BaseModel):
    """A picture with its file name."""

    name: str = Field(description="The file name")
    content: str = Field(description="The file in base64")


class PictureAtAddress(BaseModel):
    """A picture that this system fetches."""

    url: str = Field(description="A public address that begins with https://")


class PictureInBucket(BaseModel):
    """A picture that lies in S3."""

    bucket: str = Field(description="One of PICTURE_BUCKETS")
    key: str = Field(description="The object's key")


Base64 = Annotated[
    str, Field(description="The file in base64", json_schema_extra={"format": "byte"})
]


class SentPicture(RootModel[Base64 | NamedPicture | PictureAtAddress | PictureInBucket]):
    """A picture in JSON: base64, or one of the objects."""


def told_shapes() -> dict[str, Any]:
    """The shapes by their names."""
    _, told = models_json_schema(
        [(Problem, "validation"), (SentPicture, "validation")],
        ref_template="#/components/schemas/{model}",
    )
    return told["$defs"]
