"""Collections: make one, list them, change their limits, delete one."""

from typing import Annotated

from django.db.models import Q
from ninja import Schema, Status
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from faceweb.access.callers import Scope
from faceweb.api.auth import ApiKeyAuth, ApiRequest
from faceweb.api.routing import Endpoints
from faceweb.collections import making
from faceweb.collections.limits import people_in
from faceweb.collections.reach import collection_named, reached_by_key
from faceweb.models import Collection
from foundation.config import get_settings

router = Endpoints(tags=["collections"])

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


def _shown(*collections: Collection) -> list[dict[str, object]]:
    people = people_in([one.pk for one in collections])
    return [_as_json(one, people.get(one.pk, 0)) for one in collections]


def _as_json(collection: Collection, people: int) -> dict[str, object]:
    return {
        "id": collection.pk,
        "name": collection.name,
        "model": collection.model,
        "people": people,
        "created_at": collection.created_at.isoformat(),
        **{name: getattr(collection, name) for name in making.CHANGEABLE},
    }


def _named(request: ApiRequest, name: str) -> Collection:
    caller = request.auth
    return collection_named(caller.team, caller.bound, name)


@router.get(
    "",
    response=CollectionPageOut,
    auth=LISTED,
    summary="The collections that the key may use, by name",
)
def list_collections(
    request: ApiRequest,
    after: Annotated[str | None, Field(max_length=255)] = None,
    limit: Annotated[int, Field(ge=1, le=1000)] = 100,
) -> object:
    """A page of collections; give `next` back as `after` for the page behind it."""
    caller = request.auth
    reached = reached_by_key(caller.team, caller.bound).filter(Q(name__gt=after or ""))
    found = list(reached.order_by("name")[: limit + 1])
    more = found[limit - 1].name if len(found) > limit else None
    return {"collections": _shown(*found[:limit]), "next": more}


@router.post("", response={201: CollectionOut}, auth=CHANGED, summary="Make a collection")
def add_collection(request: ApiRequest, new: CollectionIn) -> object:
    """It belongs to the key's team. Its name is the team's own; another team may use it, too."""
    made = making.make(Collection(**new.dict()), request.auth, get_settings())
    return Status(201, *_shown(made))


@router.get("/{name}", response=CollectionOut, auth=LISTED, summary="One collection")
def get_collection(request: ApiRequest, name: str) -> object:
    """One collection, with its limits and the number of its people."""
    return _shown(_named(request, name))[0]


@router.patch(
    "/{name}", response=CollectionOut, auth=CHANGED, summary="Change a collection's limits"
)
def change_collection(request: ApiRequest, name: str, changes: LimitsIn) -> object:
    """What is not sent stays as it is; null gives it back to the system."""
    limits = changes.dict(exclude_unset=True)
    return _shown(making.change(_named(request, name), limits, request.auth.name))[0]


@router.delete(
    "/{name}",
    response={202: None},
    auth=CHANGED,
    summary="Delete a collection with everything in it",
)
def delete_collection(request: ApiRequest, name: str) -> object:
    """Nobody reaches it from now on, and its keys are revoked. What is in it is deleted in the
    background."""
    making.begin_deleting(_named(request, name), request.auth.name)
    return Status(202, None)
