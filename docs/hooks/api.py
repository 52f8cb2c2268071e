"""The page of the REST API, from its OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from docs.hooks.tables import table
from faceweb.api.v1 import api

HEAD = """# REST API

Everything is under `/api/v1/`. A running system has the same as an interactive page at `/api/docs`.
The machine-readable document is [openapi.json](openapi.json).

Errors are [problem details](errors.md). Send an API key as the header `X-API-Key` where one is
asked for. A POST with an `Idempotency-Key` that is sent twice does its work once.
"""
METHODS = ("get", "post", "put", "patch", "delete")
Schema = dict[str, Any]


def document() -> str:
    """Return the OpenAPI document as JSON."""
    return json.dumps(schema(), indent=1)


def page() -> str:
    """Return the page: a section for each operation, then the shapes of answers."""
    openapi = schema()
    parts = [HEAD]
    for path, operations in openapi["paths"].items():
        parts.extend(
            _operation(path, method, operations[method])
            for method in METHODS
            if method in operations
        )
    parts.append("## Shapes\n")
    for name, shape in sorted(openapi["components"]["schemas"].items()):
        if fields := list(_fields(shape)):
            parts.append(f"### {name}\n\n" + table(("field", "type", "meaning"), fields))
    return "\n".join(parts)


def schema() -> Schema:
    """Return the OpenAPI document, as plain values."""
    return json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1/"), default=str))


def _operation(path: str, method: str, operation: Schema) -> str:
    parts = [f"## {method.upper()} {path}\n", _sentence(operation.get("summary", ""))]
    if text := operation.get("description"):
        parts.append(f"{text}\n")
    if inputs := [*_parameters(operation), *_form(operation)]:
        parts.append(table(("input", "in", "type", "meaning"), inputs))
    answers = [
        (f"`{status}`", answer.get("description", ""), _shape_of(answer))
        for status, answer in operation["responses"].items()
        if "$ref" not in answer
    ]
    errors = [f"`{status}`" for status, one in operation["responses"].items() if "$ref" in one]
    parts.append(table(("status", "meaning", "shape"), answers))
    parts.append(f"Problems: {', '.join(errors)}.\n")
    return "\n".join(parts)


def _sentence(text: str) -> str:
    return f"{text}\n" if text.endswith(("?", ".")) else f"{text}.\n"


def _parameters(operation: Schema) -> Iterator[tuple[str, str, str, str]]:
    for one in operation.get("parameters", ()):
        schema = one.get("schema", {})
        text = one.get("description") or schema.get("description", "")
        yield f"`{one['name']}`", one["in"], _type(schema), text


def _form(operation: Schema) -> Iterator[tuple[str, str, str, str]]:
    for media, body in operation.get("requestBody", {}).get("content", {}).items():
        schema = body["schema"]
        kind = "form" if "form" in media else "JSON"
        if "$ref" in schema:
            yield "body", kind, _type(schema), ""
        for name, field in schema.get("properties", {}).items():
            yield f"`{name}`", kind, _type(field), field.get("description", "")


def _fields(shape: Schema) -> Iterator[tuple[str, str, str]]:
    for name, field in shape.get("properties", {}).items():
        yield f"`{name}`", _type(field), field.get("description", "")


def _shape_of(answer: Schema) -> str:
    for body in answer.get("content", {}).values():
        return _type(body.get("schema", {}))
    return ""


def _type(schema: Schema) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type(one) for one in schema["anyOf"]))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type") or "any")
