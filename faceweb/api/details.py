"""Details of faces that a request asks for, and whether its caller may have them."""

from __future__ import annotations

from ninja import Schema
from pydantic import Field

from faceweb.access.callers import Scope
from faceweb.api.auth import ApiRequest
from faceweb.api.problems import Problem
from faceweb.people.faces.details import Details


class DetailsIn(Schema):
    """What each face carries beside its name and box."""

    embeddings: bool = Field(
        False, description="What each face looks like to the model; the key needs that scope"
    )
    crops: bool = Field(False, description="Each face cut out, as a JPEG in base64")
    pose: bool = Field(False, description="Which way each face looks, in degrees")


def checked_details(request: ApiRequest, asked: DetailsIn) -> Details:
    """The details. Raises Problem where the caller may not have them."""
    if asked.embeddings and Scope.EMBEDDINGS not in request.auth.scopes:
        raise Problem(403, f"This key may not: it lacks the scope {Scope.EMBEDDINGS}.")
    return Details(**asked.dict())
