"""Collections: make one, list them, change their limits, delete one."""

from __future__ import annotations

from typing import Annotated

from django.db.models import Q
from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from faceweb.access.callers import Caller, Scope
from faceweb.api.auth import ApiKeyAuth
from faceweb.collections import making
from faceweb.collections.limits import people_in
from faceweb.collections.reach import collection_named, reached_by_key
from faceweb.models import Collection
from faceweb.replies.threads import run_in_thread
from foundation.config import get_settings

router = Router(tags=["collections"])

LISTED = ApiKeyAuth(Scope.RECOGNISE, any_collection=True)
CHANGED = ApiKeyAuth(Scope.COLLECTIONS, any_collection=True)


def _name(written: str) -> str:
    if not written.strip("."):
        raise PydanticCustomError("name_refused", "a name has more than dots")
    return written


CollectionName = Annotated[
    str,
    Field(min_length=1, max_length=making.LONGEST_NAME, pattern=f"^{making.NAME}$"),
    AfterValidator(_name),
]
Days = Annotated[int, Field(ge=0, le=36_500)]


class LimitsIn(Schema):
    """What a collection sets. Null is what the system sets."""

    threshold: Annotated[float, Field(gt=0, le=100)] | None = Field(
        None, description="Distance above which a face is unknown"
    )
    most_people: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = Field(
        None, description="How many people it may have"
    )
    most_examples: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = Field(
        None, description="How many examples it may have"
    )
    retention_days_pictures: Days | None = Field(None, description="0: for ever")
    retention_days_history: Days | None = Field(None, description="0: for ever")


class CollectionIn(LimitsIn):
    """A new collection."""

    name: CollectionName = Field(description="Its name in the team")
    model: str = Field("", max_length=64, description="A model's name; the system's when empty")


class CollectionOut(LimitsIn):
    """One collection, with how many people are in it."""

    id: str = Field(description="Its id, which stays")
    name: str = Field(description="Its name in the team")
    model: str = Field(description="The model of its gallery; empty before the first person")
    people: int = Field(description="How many people it has")
    created_at: str = Field(description="When it was made, in ISO 8601")


class CollectionPageOut(Schema):
    """A page of collections."""

    collections: list[CollectionOut] = Field(description="By name")
    next: str | None = Field(
        description="Give this as `after` for the page behind; null at the end"
    )


def shown(collection: Collection) -> dict[str, object]:
    return {
        "id": collection.pk,
        "name": collection.name,
        "model": collection.model,
        "people": people_in([collection.pk]).get(collection.pk, 0),
        "created_at": collection.created_at.isoformat(),
        **{name: getattr(collection, name) for name in making.CHANGEABLE},
    }


def _caller(request: HttpRequest) -> Caller:
    caller: Caller = request.auth  # type: ignore[attr-defined]
    return caller


def _named(request: HttpRequest, name: str) -> Collection:
    caller = _caller(request)
    return collection_named(caller.team, caller.bound, name)


@router.get(
    "",
    response=CollectionPageOut,
    auth=LISTED,
    operation_id="list_collections",
    summary="The collections that the key may use, by name",
)
async def list_collections(
    request: HttpRequest,
    after: Annotated[str | None, Field(max_length=255)] = None,
    limit: Annotated[int, Field(ge=1, le=1000)] = 100,
) -> object:
    """A page of collections; give `next` back as `after` for the page behind it."""

    def look() -> dict[str, object]:
        caller = _caller(request)
        reached = reached_by_key(caller.team, caller.bound).filter(Q(name__gt=after or ""))
        found = list(reached.order_by("name")[: limit + 1])
        more = found[limit - 1].name if len(found) > limit else None
        return {"collections": [shown(one) for one in found[:limit]], "next": more}

    return await run_in_thread(look)


@router.post(
    "",
    response={201: CollectionOut},
    auth=CHANGED,
    operation_id="add_collection",
    summary="Make a collection",
)
async def add_collection(request: HttpRequest, new: CollectionIn) -> object:
    """It belongs to the key's team. Its name is the team's own; another team may use it, too."""

    def work() -> dict[str, object]:
        wanted = making.NewCollection(name=new.name, model=new.model)
        limits = new.dict(include=set(making.CHANGEABLE))
        return shown(making.make(wanted, limits, _caller(request), get_settings()))

    return Status(201, await run_in_thread(work))


@router.get(
    "/{name}",
    response=CollectionOut,
    auth=LISTED,
    operation_id="get_collection",
    summary="One collection",
)
async def get_collection(request: HttpRequest, name: str) -> object:
    return await run_in_thread(lambda: shown(_named(request, name)))


@router.patch(
    "/{name}",
    response=CollectionOut,
    auth=CHANGED,
    operation_id="change_collection",
    summary="Change a collection's limits",
)
async def change_collection(request: HttpRequest, name: str, changes: LimitsIn) -> object:
    """What is not sent stays as it is; null gives it back to the system."""

    def work() -> dict[str, object]:
        limits = changes.dict(exclude_unset=True)
        return shown(making.change(_named(request, name), limits, _caller(request).name))

    return await run_in_thread(work)


@router.delete(
    "/{name}",
    response={202: None},
    auth=CHANGED,
    operation_id="delete_collection",
    summary="Delete a collection with everything in it",
)
async def remove_collection(request: HttpRequest, name: str) -> object:
    """Nobody reaches it from now on, and its keys are revoked. What is in it is deleted in the
    background."""

    def work() -> None:
        making.begin_deleting(_named(request, name), _caller(request).name)

    await run_in_thread(work)
    return Status(202, None)
