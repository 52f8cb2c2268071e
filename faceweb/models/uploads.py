"""Pictures that clients put into S3 themselves, and that are not there yet."""

import uuid

from django.db import models

from faceweb.models.collections import OF_COLLECTION, Collection


class PendingUpload(models.Model):
    """A picture that somebody may send to S3 until `expires_at`. Its arrival makes the job of the
    same id, and the row goes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    collection = models.ForeignKey(Collection, models.DO_NOTHING, **OF_COLLECTION)
    filename = models.CharField(max_length=255)
    options = models.JSONField(default=dict, blank=True)
    webhook = models.CharField(max_length=2000, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.filename
