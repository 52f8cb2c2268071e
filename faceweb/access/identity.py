"""Who calls: one answer for API, pages and the contract, found once in a request's life."""

from dataclasses import replace

from django.db.models import QuerySet
from django.http import HttpRequest

from faceweb.access.callers import (
    LOCAL,
    Caller,
    KeyRefused,
    Scope,
    TooManyRequests,
    caller_of_key,
    scopes_of_user,
)
from faceweb.collections import reach
from faceweb.collections.teams import administers, owned_by
from faceweb.models import Collection, Team
from faceweb.replies.threads import run_in_thread
from foundation.collections import DEFAULT
from foundation.config import get_settings

KEY_HEADER = "X-API-Key"
FOUND = "_caller_by_key"
CHOSEN = "_collection"
WHO = "Log in, or send an API key as the header X-API-Key."


class CallerRefused(Exception):
    """A request that may not do this: its HTTP status, a sentence, when to try again."""

    def __init__(self, status: int, sentence: str, retry_seconds: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.headers = {"WWW-Authenticate": KEY_HEADER} if status == 401 else {}
        if retry_seconds is not None:
            self.headers["Retry-After"] = str(retry_seconds)


def presented_key(request: HttpRequest) -> str:
    """The key that came with a request, or nothing."""
    if key := request.META.get("HTTP_X_API_KEY"):
        return str(key)
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def caller_by_key(request: HttpRequest) -> Caller | None:
    """Whose key came, or anybody where no key is required. Raises KeyRefused, TooManyRequests.

    The key is looked up and counted once for a request, however often it is asked for.
    """
    if not hasattr(request, FOUND):
        setattr(request, FOUND, _look_up(request))
    found: Caller | Exception | None = getattr(request, FOUND)
    if isinstance(found, Exception):
        raise found
    return found


def _look_up(request: HttpRequest) -> Caller | Exception | None:
    secret = presented_key(request)
    if not secret:
        if get_settings().api_key_required:
            return None
        name = request.GET.get("collection", "")
        return in_collection(LOCAL, name) if name else LOCAL
    try:
        caller = caller_of_key(secret, str(request.META.get("REMOTE_ADDR", "")))
        return in_collection(caller, request.GET.get("collection", ""))
    except (KeyRefused, TooManyRequests) as refusal:
        return refusal


def in_collection(caller: Caller, name: str) -> Caller:
    """The caller at work in the collection of this name, if there is one."""
    try:
        return replace(caller, collection=reach.chosen_by_key(caller.team, caller.bound, name))
    except reach.NoSuchCollection as why:
        return replace(caller, collection="", unclear=str(why))


def collection_of(request: HttpRequest) -> str:
    """The id of the collection that a page works in: the one that was chosen, as far as its visitor
    reaches it."""
    found: str | None = getattr(request, CHOSEN, None)
    if found is None:
        reached = reached_on_pages(request)
        found = reach.chosen_by_user(reached, request.session.get("collection", ""))
        setattr(request, CHOSEN, found)
    return found


def reached_on_pages(request: HttpRequest) -> QuerySet[Collection]:
    """The collections that a page's visitor reaches: all of them where no login is asked for."""
    return (
        reach.reached_by_user(request.user) if get_settings().api_key_required else reach.living()
    )


def administers_teams(request: HttpRequest) -> bool:
    """True where a page's visitor looks after all teams: all do where no login is asked for."""
    return not get_settings().api_key_required or administers(request.user)


def teams_on_pages(request: HttpRequest) -> QuerySet[Team]:
    """The teams that a page's visitor may change."""
    return Team.objects.all() if administers_teams(request) else owned_by(request.user)


async def ask_key(request: HttpRequest) -> Caller | None:
    """`caller_by_key`, in a thread where the database has to be asked."""
    if hasattr(request, FOUND) or not (presented_key(request) or request.GET.get("collection")):
        return caller_by_key(request)
    return await run_in_thread(caller_by_key, request)


def caller_of(request: HttpRequest) -> Caller | None:
    """Who calls, by key or by login. Runs in a thread. Raises as `caller_by_key`."""
    if caller := caller_by_key(request):
        return caller
    user = getattr(request, "user", None)
    if user is None or not user.is_staff:
        return None
    collection = collection_of(request)
    scopes = scopes_of_user(user, collection)
    return Caller(name=f"user {user.get_username()}", scopes=scopes, collection=collection)


def require(
    request: HttpRequest, scope: Scope, permission: str, *, any_collection: bool = False
) -> Caller:
    """The caller: a key with the scope, or a user with the permission. Runs in a thread.

    Raises CallerRefused.
    """
    try:
        caller = caller_of(request)
    except KeyRefused as refusal:
        raise CallerRefused(401, str(refusal)) from None
    except TooManyRequests as refusal:
        raise CallerRefused(429, str(refusal), refusal.retry_seconds) from None
    if caller is None:
        raise CallerRefused(401, WHO)
    if caller.unclear and not any_collection:
        raise CallerRefused(404, caller.unclear)
    if caller_by_key(request) is None:
        if not reach.permits(request.user, caller.collection, permission):
            raise CallerRefused(403, "You may not do this: ask an administrator for the role.")
    elif scope not in caller.scopes:
        raise CallerRefused(403, f"This key may not: it lacks the scope {scope}.")
    return caller


async def ask_contract(request: HttpRequest, permission: str) -> str:
    """The id of the collection that a client of the contract (POST / and its jobs) works in: the
    default one without a key. Raises CallerRefused for one that may not use it. A key that comes is
    checked, also where none is needed."""
    if not presented_key(request) and get_settings().contract_is_open:
        return DEFAULT
    caller = await run_in_thread(require, request, Scope.RECOGNISE, permission)
    return caller.collection
