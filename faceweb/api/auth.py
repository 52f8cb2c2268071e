"""API keys at the door of each router: the header X-API-Key (or a bearer token)."""

from __future__ import annotations

from django.http import HttpRequest
from ninja.security.base import AuthBase

from faceweb.api.problems import Problem
from faceweb.callers import LOCAL, Caller, Scope, caller_of_key
from faceweb.threads import run_in_thread
from workers.config import get_settings

HEADER = "X-API-Key"


class ApiKeyAuth(AuthBase):
    """Lets in a key with the scope; anybody where no key is required. A wrong key never."""

    openapi_type = "apiKey"
    openapi_in = "header"
    openapi_name = HEADER

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self._scope = scope
        self.is_async = True

    async def __call__(self, request: HttpRequest) -> Caller | None:
        caller = await self._caller(request)
        if caller is not None and self._scope not in caller.scopes:
            raise Problem(403, f"This key may not: it lacks the scope {self._scope}.")
        return caller

    async def _caller(self, request: HttpRequest) -> Caller | None:
        secret = presented_key(request)
        if secret:
            return await run_in_thread(caller_of_key, secret, address_of(request))
        return None if get_settings().api_key_required else LOCAL


def address_of(request: HttpRequest) -> str:
    """The client's address."""
    return str(request.META.get("REMOTE_ADDR", ""))


def presented_key(request: HttpRequest) -> str:
    """The key that came with a request, or nothing."""
    if key := request.headers.get(HEADER, ""):
        return str(key)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
