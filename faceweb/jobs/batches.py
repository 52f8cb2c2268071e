"""Batches: the newest for the first page, and an end to old ones."""

from datetime import datetime, timedelta

from faceweb.models import Batch, BatchPicture

KEPT = timedelta(days=7)
LATEST = 3
FORGOTTEN_AT_ONCE = 20


def latest_batches(collection: str) -> list[Batch]:
    """The newest batches of a collection, for its first page."""
    return list(Batch.objects.filter(collection=collection)[:LATEST])


def forget_old_batches(now: datetime) -> None:
    """Their jobs stay in the history."""
    old = Batch.objects.filter(made_at__lt=now - KEPT).values_list("pk", flat=True)
    if ids := list(old[:FORGOTTEN_AT_ONCE]):
        BatchPicture.objects.filter(batch__in=ids).delete()
        Batch.objects.filter(pk__in=ids).delete()
