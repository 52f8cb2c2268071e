"""Completes the OpenAPI document, so that clients generated from it are good ones.

It adds names of operations, every error as a problem, pictures as JSON, servers and tags.
"""

from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema, get_schema
from ninja.operation import Operation
from pydantic import BaseModel, Field, RootModel
from pydantic.json_schema import models_json_schema

from faceweb.api.problems import TITLES

JsonObject = dict[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")
FORM = "multipart/form-data"
BINARY = {"type": "string", "format": "binary"}


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


def shape_schemas() -> JsonObject:
    """The shapes by their names."""
    _, document = models_json_schema(
        [(Problem, "validation"), (SentPicture, "validation")],
        ref_template="#/components/schemas/{model}",
    )
    return document["$defs"]


ALWAYS = (400, 401, 403, 422, 429, 500, 503)
WITH_PICTURES = (413, 415, 502, 504)
OF_CHANGES = (409,)
OF_THINGS = (404,)

IN_COLLECTION = ("recognition", "jobs", "videos", "subjects")
COLLECTION: JsonObject = {
    "in": "query",
    "name": "collection",
    "required": False,
    "schema": {"type": "string", "maxLength": 255, "title": "Collection"},
    "description": "The collection to work in; without it the key's own, or the default one",
}
TAGS = (
    ("recognition", "Who is in a picture, where faces are, whether two show one person"),
    ("jobs", "The history: one job for each picture"),
    ("videos", "Who is seen in a video, and when"),
    ("subjects", "People and their examples"),
    ("collections", "Galleries with people, keys and limits of their own"),
    ("fleet", "Queues, instances and the gallery: to look at"),
)


MEANINGS = {
    "after": "`next` of the page before",
    "cursor": "`next` of the page before",
    "example_id": "Id of an example",
    "job_id": "Id of a job",
    "limit": "How many a page has",
    "name": "The person's name",
    "number": "The face's number in the job, from 0",
    "other": "The other picture",
    "picture": "The picture: JPEG, PNG, WebP, GIF, BMP, HEIC or AVIF",
    "pictures": "Pictures: JPEG, PNG, WebP, GIF, BMP, HEIC or AVIF",
    "subject_id": "Id of a person",
    "video": "The video's file",
    "video_id": "Id of a video",
    "wait": "Whether the answer waits for the result",
}
"""What the inputs mean that several operations have."""

OWN_MEANINGS = {"erase_person": {"pictures": "Delete pictures and videos of them, too"}}


class DescribedAPI(NinjaAPI):
    """An API whose document says what a client's author has to know."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """The function's name: `recognise`, `add_person`."""
        return operation.view_func.__name__

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: JsonObject | None = None
    ) -> OpenAPISchema:
        """django-ninja's document, completed."""
        return _document(self, path_prefix or self.get_root_path(path_params or {}))


@cache
def _document(api: NinjaAPI, path_prefix: str) -> OpenAPISchema:
    """Made once: strangers may ask for it, and it takes 40 ms of the processor."""
    schema = get_schema(api=api, path_prefix=path_prefix)
    schema["servers"] = [{"url": "/", "description": "The system that this came from"}]
    schema["tags"] = [{"name": name, "description": text} for name, text in TAGS]
    schema["components"]["schemas"] |= shape_schemas()
    schema["components"]["responses"] = {str(one): _problem(one) for one in TITLES}
    for path, operation in _operations(schema):
        _describe(path, operation)
    return schema


def _operations(schema: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    for path, methods in schema["paths"].items():
        for method in METHODS:
            if method in methods:
                yield path, methods[method]


def _describe(path: str, operation: JsonObject) -> None:
    """Add the errors, and beside a form with pictures the same as JSON."""
    content = operation.get("requestBody", {}).get("content", {})
    form = content.get(FORM)
    has_pictures = form is not None and "video" not in form["schema"]["properties"]
    if form is not None:
        form["schema"].pop("title", None)  # generators name it after the operation
    if form is not None and has_pictures:
        content["application/json"] = {"schema": as_json(form["schema"])}
    if operation["operationId"] == "get_gallery" or operation["tags"][0] in IN_COLLECTION:
        operation["parameters"] = [*operation.get("parameters", ()), COLLECTION]
    _tell_meanings(operation)
    for status in statuses(path, is_change="requestBody" in operation, has_pictures=has_pictures):
        operation["responses"].setdefault(status, {"$ref": f"#/components/responses/{status}"})


def _tell_meanings(operation: JsonObject) -> None:
    meanings = MEANINGS | OWN_MEANINGS.get(operation["operationId"], {})
    for one in operation.get("parameters", ()):
        if one["name"] in meanings and "description" not in one["schema"]:
            one.setdefault("description", meanings[one["name"]])
    for body in operation.get("requestBody", {}).get("content", {}).values():
        for name, field in body["schema"].get("properties", {}).items():
            if name in meanings:
                field.setdefault("description", meanings[name])


def statuses(path: str, *, is_change: bool, has_pictures: bool) -> list[int]:
    """The errors that an operation may answer."""
    found = [*ALWAYS]
    found += OF_THINGS if "{" in path else ()
    found += OF_CHANGES if is_change or "{" in path else ()
    found += WITH_PICTURES if has_pictures else ()
    found += (413, 415) if path.endswith("/videos") and is_change else ()
    return sorted(found)


def _problem(status: int) -> JsonObject:
    return {
        "description": TITLES[status],
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    }


def as_json(form: JsonObject) -> JsonObject:
    """A form's shape as the shape of the same in JSON."""
    fields = {name: _field_as_json(field) for name, field in form["properties"].items()}
    return {**form, "properties": fields}


def _field_as_json(field: JsonObject) -> JsonObject:
    picture = {"$ref": "#/components/schemas/SentPicture"}
    if BINARY.items() <= field.items():
        return {"allOf": [picture]}
    if field.get("type") == "array" and BINARY.items() <= field.get("items", {}).items():
        return {**field, "items": picture}
    return field
