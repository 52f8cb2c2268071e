"""What a request asks for, read by botocore's own description of the operation. Pure."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal

import botocore.session
from botocore.model import (
    ListShape,
    MapShape,
    OperationModel,
    ServiceModel,
    Shape,
    StringShape,
    StructureShape,
)
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from faceweb.rekognition.errors import Refusal, invalid

Members = Mapping[str, Any]
"""The members of a request, checked; pictures are bytes."""

STRICT = ConfigDict(strict=True, val_json_bytes="base64")
NUMBERS = {"integer": int, "long": int, "float": float, "double": float}


@cache
def model_of_service() -> ServiceModel:
    """Rekognition as botocore describes it."""
    return botocore.session.Session().get_service_model("rekognition")


def operation_named(name: str) -> OperationModel | None:
    """The operation of this name in botocore's model; None if there is none."""
    service = model_of_service()
    return service.operation_model(name) if name in service.operation_names else None


def members_of(operation: OperationModel, body: bytes) -> Members:
    """A request's members. Raises Refusal for what does not fit the operation's description."""
    try:
        members = _request_of(operation.name).model_validate_json(body or b"{}")
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_url=False)[0]
        if wrong["type"] == "json_invalid":
            raise Refusal("SerializationException", "The body is not JSON.") from None
        where = ".".join(map(str, wrong["loc"])) or "request"
        raise invalid(f"{where}: {wrong['msg']}.") from None
    return members.model_dump(exclude_none=True)


def fitting(operation: OperationModel, answer: Mapping[str, object]) -> dict[str, object]:
    """The answer without what is not there, and without lists that may not be empty."""
    members = operation.output_shape.members if operation.output_shape else {}
    return {
        name: value
        for name, value in answer.items()
        if value is not None and (value != [] or not members[name].metadata.get("min"))
    }


@cache
def _request_of(name: str) -> type[BaseModel]:
    found: type[BaseModel] = _type_of(model_of_service().operation_model(name).input_shape)
    return found


def _type_of(shape: Shape | None) -> Any:
    """The type of what a shape describes."""
    match shape:
        case StructureShape():
            members = {name: _type_of(one) for name, one in shape.members.items()}
            fields: dict[str, Any] = {
                name: (kind, ...) if name in shape.required_members else (kind | None, None)
                for name, kind in members.items()
            }
            return create_model(shape.name, __config__=STRICT, **fields)
        case ListShape():
            return Annotated[list[_type_of(shape.member)], _sized(shape)]  # type: ignore[misc]
        case MapShape():
            return Annotated[dict[str, _type_of(shape.value)], _sized(shape)]  # type: ignore[misc]
        case StringShape() if shape.enum:
            return Literal[tuple(shape.enum)]
        case StringShape():
            return Annotated[str, _sized(shape)]
        case Shape() if shape.type_name in NUMBERS:
            least, most = shape.metadata.get("min"), shape.metadata.get("max")
            return Annotated[NUMBERS[shape.type_name], Field(ge=least, le=most)]
        case _:  # a picture, for which the system has a limit
            return bytes


def _sized(shape: Shape) -> object:
    about = shape.metadata
    pattern = f"^(?:{about['pattern']})$" if "pattern" in about else None
    return Field(min_length=about.get("min"), max_length=about.get("max"), pattern=pattern)
