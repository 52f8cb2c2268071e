"""Makes, describes and changes collections, and begins to delete them."""

import re
from collections.abc import Mapping

from django.db import IntegrityError, transaction
from django.utils import timezone

from faceweb.access import audit
from faceweb.access.callers import Caller
from faceweb.models import ApiKey, Collection
from foundation.aws.storage import gallery_files
from foundation.collections import DEFAULT
from foundation.config import Settings
from recognition.errors import UnknownModel
from recognition.gallery.gallery_files import MANIFEST
from recognition.gallery.gallery_manifest import Manifest, dimension_of, encode_manifest
from recognition.registry.models import model_named

CHANGEABLE = (
    "threshold", "most_people", "most_examples", "retention_days_pictures",
    "retention_days_history",
)  # fmt: skip


NAME = r"[a-zA-Z0-9_.\-]+"
LONGEST_NAME = 255


class CollectionRefused(Exception):
    """A collection that can't be made or changed so; the text says why."""


class CollectionTaken(CollectionRefused):
    """The team has one of that name."""


def make(made: Collection, caller: Caller, settings: Settings) -> Collection:
    """Save a new collection of the caller's team. Without a model it gets the system's, with its
    first example. Raises CollectionRefused, botocore's errors."""
    if caller.bound:
        raise CollectionRefused("This key is bound to one collection, and makes no others.")
    checked_name(made.name)
    if made.model:
        _check_model(made.model)
    made.team_id = caller.team
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        raise CollectionTaken(f"There is a collection {made.name!r} already.") from None
    if made.model:
        empty = Manifest(model=made.model, dimension=dimension_of(made.model))
        gallery_files(settings, made.pk).write(MANIFEST, encode_manifest(empty))
    audit.record(caller.name, "collection made", made.pk)
    return made


def checked_name(name: str) -> str:
    """The name. Raises CollectionRefused."""
    if not re.fullmatch(NAME, name) or not name.strip(".") or len(name) > LONGEST_NAME:
        raise CollectionRefused(
            "A collection's name has letters, digits, dots, - and _, and more than dots."
        )
    return name


def _check_model(name: str) -> None:
    try:
        model_named(name)
    except UnknownModel as error:
        raise CollectionRefused(str(error)) from None


def change(collection: Collection, limits: Mapping[str, object], actor: str) -> Collection:
    """Set limits, times and the threshold. Raises CollectionRefused."""
    if collection.pk == DEFAULT:
        raise CollectionRefused("The default collection follows the system's settings.")
    for name, value in limits.items():
        setattr(collection, name, value)
    collection.save(update_fields=list(limits))
    audit.record(actor, "collection changed", collection.pk, changed=sorted(limits))
    return collection


def begin_deleting(collection: Collection, actor: str) -> None:
    """From here on nobody reaches it, its keys are revoked, and its name is free. Its content is
    deleted in the background. Raises CollectionRefused."""
    if collection.pk == DEFAULT:
        raise CollectionRefused("The default collection is always there.")
    now = timezone.now()
    with transaction.atomic():
        ApiKey.objects.filter(collection=collection, revoked_at=None).update(revoked_at=now)
        Collection.objects.filter(pk=collection.pk).update(deleted_at=now, name=collection.pk)
    audit.record(actor, "collection deleted", collection.pk)
