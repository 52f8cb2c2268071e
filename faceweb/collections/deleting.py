"""Deletes what is in collections that nobody reaches any more, a part at a time.

People first: from then on no worker names them. Rows go in small transactions, objects by their
folder in every bucket, so that also what no row speaks of is gone. A second pass, after answers on
their way have come, finds what was written meanwhile.
"""

import shutil
from datetime import datetime, timedelta

from django.db.models import QuerySet

from faceweb import models
from faceweb.replies.leases import lease
from faceweb.videos.deleting import video_buckets
from foundation.aws.storage import Bucket, gallery_bucket, in_bucket, out_bucket
from foundation.collections import folder_of
from foundation.config import Settings

DELETING = "deleting collections"
ROWS_AT_ONCE, OBJECTS_AT_ONCE, PARTS_A_ROUND = 500, 500, 20
WATCHED = timedelta(minutes=2)
"""Longer than a worker needs for what it has in hand, and its reply to come."""


def go_on(settings: Settings, now: datetime) -> None:
    """Delete some more of what is left. Raises LeaseTaken where another process is at it."""
    for collection in models.Collection.objects.exclude(deleted_at=None).filter(emptied_at=None):
        with lease(DELETING, patience_seconds=0.0):
            _resolve_letters(collection, now)
            for _ in range(PARTS_A_ROUND):
                if not _some(collection, settings):
                    _note_empty(collection, now)
                    break


def _note_empty(collection: models.Collection, now: datetime) -> None:
    if collection.deleted_at is not None and now - collection.deleted_at >= WATCHED:
        forget_kept_answers()
        models.Collection.objects.filter(pk=collection.pk).update(emptied_at=now)


def _resolve_letters(collection: models.Collection, now: datetime) -> None:
    """So that the sweep takes the messages themselves off their queue."""
    letters = models.DeadLetter.objects.filter(job__collection=collection, resolved_at=None)
    letters.update(body="", resolved_at=now, resolution="its collection was deleted")


def _some(collection: models.Collection, settings: Settings) -> bool:
    """Delete a part; False where nothing is left. Rows go in their order: others hold them."""
    folder = folder_of(collection.pk)
    assert folder  # noqa: S101 - without one everything would go
    videos = video_buckets(settings)
    places = (
        gallery_bucket(settings), in_bucket(settings), out_bucket(settings),
        videos.input, videos.stage, videos.output,
    )  # fmt: skip
    shutil.rmtree(settings.gallery_pack_directory / folder, ignore_errors=True)
    return any(_some_objects(bucket, folder) for bucket in places) or any(
        _some_rows(rows) for rows in _rows_of(collection, folder)
    )


def _some_objects(bucket: Bucket, folder: str) -> int:
    keys = bucket.keys(folder)[:OBJECTS_AT_ONCE]
    for key in keys:
        bucket.delete(key)
    return len(keys)


def _rows_of(collection: models.Collection, folder: str) -> list[QuerySet]:
    people = models.Subject.objects.filter(collection=collection).values("pk")
    jobs = models.Job.objects.filter(collection=collection)
    mine = {"collection": collection}
    return [
        models.Change.objects.filter(
            face__in=models.Face.objects.filter(models.of_collection(collection.pk))
        ),
        models.ExamplePicture.objects.filter(person_id__in=people),
        models.IndexedFace.objects.filter(**mine),
        models.PendingUpload.objects.filter(**mine),
        models.ExpectedPerson.objects.filter(**mine),
        models.Batch.objects.filter(**mine),
        models.PictureName.objects.filter(output_key__startswith=folder),
        jobs,
        models.Video.objects.filter(**mine),
        models.VideoRemains.objects.filter(**mine),
        models.Subject.objects.filter(merged_into__isnull=False, **mine),
        models.Subject.objects.filter(**mine),
        models.Bookmark.objects.filter(name__endswith=f" {collection.pk}"),
    ]


def _some_rows(rows: QuerySet) -> int:
    ids = list(rows.values_list("pk", flat=True)[:ROWS_AT_ONCE])
    rows.model._default_manager.filter(pk__in=ids).delete()
    return len(ids)


def forget_kept_answers() -> None:
    """Answers that are kept for requests sent again may name people of the collection. A request
    that is sent again after this is done again."""
    models.IdempotentAnswer.objects.all().delete()
