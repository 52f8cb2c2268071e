"""API keys at the door of each router: the header X-API-Key (or a bearer token)."""

from django.http import HttpRequest
from ninja.security.base import AuthBase

from faceweb.access.callers import Caller, Scope
from faceweb.access.identity import KEY_HEADER, ask_key
from faceweb.api.problems import Problem
from faceweb.people.faces.details import Details
from faceweb.people.subjects import Subjects, subjects
from foundation.config import get_settings


class ApiRequest(HttpRequest):
    """A request of somebody who was let in."""

    auth: Caller


def people_of(request: ApiRequest) -> Subjects:
    """The people that the request's key may see, changed in the key's name."""
    caller = request.auth
    return subjects(get_settings(), caller.name, caller.collection)


def check_details(request: ApiRequest, details: Details) -> None:
    """Raises Problem where the caller may not have the details."""
    if details.embeddings and Scope.EMBEDDINGS not in request.auth.scopes:
        raise Problem(403, f"This key may not: it lacks the scope {Scope.EMBEDDINGS}.")


class ApiKeyAuth(AuthBase):
    """Lets in a key with the scope; anybody where no key is required. A wrong key never."""

    openapi_type = "apiKey"
    openapi_in = "header"
    openapi_name = KEY_HEADER

    def __init__(self, scope: Scope, *, any_collection: bool = False) -> None:
        super().__init__()
        self._scope = scope
        self._any_collection = any_collection
        self.is_async = True

    async def __call__(self, request: HttpRequest) -> Caller | None:
        caller = await ask_key(request)
        if caller is not None and caller.unclear and not self._any_collection:
            raise Problem(404, caller.unclear)
        if caller is not None and self._scope not in caller.scopes:
            raise Problem(403, f"This key may not: it lacks the scope {self._scope}.")
        return caller
