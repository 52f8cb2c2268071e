"""The OpenAPI document says what a client's author has to know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from docs.hooks.api import schema
from faceweb.api.openapi import METHODS, statuses
from faceweb.api.v1 import api

DOCUMENT = schema()


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method in METHODS:
            if method in methods:
                yield f"{method} {path}", methods[method]


def resolved(answer: dict[str, Any]) -> dict[str, Any]:
    name = answer.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = DOCUMENT["components"]["responses"][name] if name else answer
    return found


def test_the_document_is_valid_and_says_where_the_system_is() -> None:
    from openapi_spec_validator import validate  # half a second

    validate(DOCUMENT)

    assert DOCUMENT["servers"] and {tag["name"] for tag in DOCUMENT["tags"]} >= {"jobs"}


def test_operations_have_short_names_of_their_own() -> None:
    names = [operation["operationId"] for _, operation in operations()]

    assert len(names) == len(set(names)) >= 25
    assert {"recognise", "add_person", "get_job"} <= set(names)
    assert all("faceweb" not in name for name in names)


@pytest.mark.parametrize(
    ("place", "operation"), list(operations()), ids=[place for place, _ in operations()]
)
def test_every_error_is_a_documented_problem(place: str, operation: dict[str, Any]) -> None:
    errors = {
        int(status): resolved(answer)
        for status, answer in operation["responses"].items()
        if int(status) >= 400
    }

    assert {400, 401, 403, 422, 429, 500, 503} <= errors.keys()
    assert ("{" in place) <= (404 in errors)
    for answer in errors.values():
        [media] = answer["content"]
        assert media == "application/problem+json" and answer["description"]


def test_every_field_and_every_input_is_described() -> None:
    fields = [
        (name, field, described.get("description"))
        for name, shape in DOCUMENT["components"]["schemas"].items()
        for field, described in shape.get("properties", {}).items()
    ]
    inputs = [
        (place, one["name"], one.get("description") or one["schema"].get("description"))
        for place, operation in operations()
        for one in operation.get("parameters", ())
    ]
    forms = [
        (place, name, field.get("description"))
        for place, operation in operations()
        for body in operation.get("requestBody", {}).get("content", {}).values()
        for name, field in body["schema"].get("properties", {}).items()
    ]

    assert [one[:2] for one in (*fields, *inputs, *forms) if not one[2]] == []


def test_operations_within_a_collection_say_which() -> None:
    asked = {
        operation["operationId"]: {one["name"] for one in operation.get("parameters", ())}
        for _, operation in operations()
    }

    for name in ("recognise", "list_jobs", "erase_person", "get_gallery", "search"):
        assert "collection" in asked[name]
    assert "collection" not in asked["get_fleet"] | asked["list_collections"]


def test_pictures_come_as_a_form_or_as_json() -> None:
    for name in ("recognise", "verify", "add_person", "add_example"):
        [operation] = [one for _, one in operations() if one["operationId"] == name]
        content = operation["requestBody"]["content"]
        assert content.keys() == {"multipart/form-data", "application/json"}
        fields = content["application/json"]["schema"]["properties"]
        assert "SentPicture" in str(fields["picture"])


def test_states_and_kinds_are_enumerated() -> None:
    job = DOCUMENT["components"]["schemas"]["JobOut"]["properties"]

    assert set(job["state"]["enum"]) >= {"queued", "succeeded"}
    assert "verify" in job["kind"]["enum"]


def test_errors_follow_from_what_an_operation_does() -> None:
    assert 404 not in statuses("/jobs", is_change=False, has_pictures=False)
    assert {404, 409} <= set(statuses("/jobs/{id}", is_change=True, has_pictures=False))
    assert {413, 415, 502, 504} <= set(statuses("/detect", is_change=True, has_pictures=True))


def test_the_document_is_made_once_for_all_who_ask() -> None:
    assert api.get_openapi_schema() is api.get_openapi_schema()
