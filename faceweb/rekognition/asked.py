"""What a request asks for, read by botocore's own description of the operation. Pure."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

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

from faceweb.rekognition.errors import Refusal, invalid

Asked = Mapping[str, Any]
"""The members of a request, checked; pictures are bytes."""


@cache
def model_of_service() -> ServiceModel:
    """Rekognition as botocore describes it."""
    return botocore.session.Session().get_service_model("rekognition")


def operation_named(name: str) -> OperationModel | None:
    service = model_of_service()
    return service.operation_model(name) if name in service.operation_names else None


def asked_of(operation: OperationModel, body: bytes) -> Asked:
    """A request's members. Raises Refusal for what does not fit the operation's description."""
    try:
        value = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise Refusal("SerializationException", "The body is not JSON.") from None
    assert operation.input_shape is not None  # noqa: S101 - each operation of ours has an input
    return _structure(operation.input_shape, value, "request")


def fitting(operation: OperationModel, answer: Mapping[str, object]) -> dict[str, object]:
    """The answer without empty lists that the operation's description does not have."""
    members = operation.output_shape.members if operation.output_shape else {}
    return {
        name: value
        for name, value in answer.items()
        if value != [] or not members[name].metadata.get("min")
    }


def _read(shape: Shape, value: object, where: str) -> object:
    reader = READERS.get(shape.type_name)
    if reader is None:
        raise invalid(f"{where} is of a kind that is not taken here.")
    return reader(shape, value, where)


def _structure(shape: StructureShape, value: object, where: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise invalid(f"{where} is no object.")
    for name in shape.required_members:
        if value.get(name) is None:
            raise invalid(f"{where} lacks {name}.")
    return {
        name: _read(shape.members[name], one, name)
        for name, one in value.items()
        if name in shape.members and one is not None
    }


def _list(shape: ListShape, value: object, where: str) -> list[object]:
    if not isinstance(value, list):
        raise invalid(f"{where} is no list.")
    _check_size(shape, len(value), where, "elements")
    return [_read(shape.member, one, where) for one in value]


def _map(shape: MapShape, value: object, where: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise invalid(f"{where} is no object.")
    _check_size(shape, len(value), where, "elements")
    return {str(key): _read(shape.value, one, where) for key, one in value.items()}


def _text(shape: StringShape, value: object, where: str) -> str:
    if not isinstance(value, str):
        raise invalid(f"{where} is no text.")
    if shape.enum and value not in shape.enum:
        raise invalid(f"{where} is one of {', '.join(shape.enum)}.")
    _check_size(shape, len(value), where, "characters")
    pattern = shape.metadata.get("pattern")
    if pattern and not re.fullmatch(pattern, value):
        raise invalid(f"{where} has characters that are not taken: {pattern}.")
    return value


def _number(shape: Shape, value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise invalid(f"{where} is no number.")
    _check_size(shape, value, where, "")
    return value


def _whole(shape: Shape, value: object, where: str) -> int:
    number = _number(shape, value, where)
    if number != int(number):
        raise invalid(f"{where} is no whole number.")
    return int(number)


def _blob(_: Shape, value: object, where: str) -> bytes:
    """Not bounded here: the system's limit for pictures holds."""
    try:
        return base64.b64decode(str(value), validate=True)
    except ValueError:
        raise invalid(f"{where} is not base64.") from None


def _check_size(shape: Shape, size: float, where: str, unit: str) -> None:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if (least is not None and size < least) or (most is not None and size > most):
        bounds = f"{least if least is not None else 0} to {most}" if most else f"at least {least}"
        raise invalid(f"{where} is {bounds}{f' {unit}' if unit else ''}.")


READERS: dict[str, Callable[..., object]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _text,
    "integer": _whole,
    "long": _whole,
    "float": _number,
    "double": _number,
    "blob": _blob,
}
