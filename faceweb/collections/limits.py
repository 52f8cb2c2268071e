"""What a collection sets: its threshold, and how many people and examples it may have.

The default collection has what is configured for the system.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db.models import Count, Q

from faceweb.models import Collection, Subject, Team
from foundation.collections import DEFAULT
from foundation.settings.names import comma_separated
from recognition.errors import GalleryError
from recognition.gallery.gallery import Gallery


class CollectionFull(GalleryError):
    """A collection has as many people or examples as it may have."""


def with_threshold_of(collection: str, options: Mapping[str, object]) -> dict[str, object]:
    """A recognition's options, with the collection's threshold where the request has none."""
    if collection == DEFAULT or "threshold" in options:
        return dict(options)
    threshold = threshold_of(collection)
    return dict(options) if threshold is None else {**options, "threshold": threshold}


def people_in(collections: Iterable[str]) -> dict[str, int]:
    """How many people each of the collections has; one without people is left out."""
    enrolled = Subject.objects.filter(
        collection__in=collections, examples__gt=0, erased_at=None
    ).order_by()
    return dict(enrolled.values_list("collection").annotate(Count("pk")))


def threshold_of(collection: str) -> float | None:
    """The threshold that a collection sets, or None where it follows from its gallery."""
    if collection == DEFAULT:
        return None
    found = Collection.objects.filter(pk=collection)
    return found.values_list("threshold", flat=True).first()


def older_than(now: datetime, days: int, setting: str) -> Q:
    """Rows made before these days, or before the days that their collection sets; 0 are for ever.

    `setting` is the field of Collection that says the days.
    """
    own = Collection.objects.exclude(**{setting: None}).values_list("pk", setting)
    of_own = {collection: kept for collection, kept in own if kept is not None}
    too_old = Q(pk__in=[])
    if days:
        too_old |= Q(created_at__lt=now - timedelta(days=days)) & ~Q(collection__in=of_own)
    for collection, kept in of_own.items():
        if kept:
            too_old |= Q(collection=collection, created_at__lt=now - timedelta(days=kept))
    return too_old


def buckets_of_team(team_id: int) -> frozenset[str]:
    """The S3 buckets whose pictures the team's keys may name."""
    names = Team.objects.filter(pk=team_id).values_list("s3_buckets", flat=True).first() or ""
    return frozenset(comma_separated(names))


def check_room(collection: str, gallery: Gallery | None, people: int, examples: int) -> None:
    """Raises CollectionFull where these people and examples do not fit."""
    if collection == DEFAULT:
        return
    limits = Collection.objects.filter(pk=collection).first()
    if limits is None:
        return
    have = (len(gallery.people), gallery.example_count) if gallery else (0, 0)
    for what, most, now in (
        ("people", limits.most_people, have[0] + people),
        ("examples", limits.most_examples, have[1] + examples),
    ):
        if most is not None and now > most:
            raise CollectionFull(
                f"the collection may have {most} {what}: erase some, or have the limit raised"
            )
