"""Many pictures that were sent together: a page of their own, which may be left and found again."""

import uuid

from django.db import models
from django.urls import reverse

from faceweb.models.collections import OF_COLLECTION, Collection
from faceweb.models.jobs import Job


class Batch(models.Model):
    """Pictures of one choice of files. Kept for a week; its jobs stay in the history."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    collection = models.ForeignKey(Collection, models.DO_NOTHING, **OF_COLLECTION)
    actor = models.CharField(max_length=150)
    made_at = models.DateTimeField("made", db_index=True)
    expected = models.PositiveIntegerField("pictures that were chosen", default=0)

    class Meta:
        verbose_name_plural = "batches"
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return f"{self.expected} pictures"

    def get_absolute_url(self) -> str:
        """The path of the batch's page."""
        return reverse("batch", args=[self.pk])


class BatchPicture(models.Model):
    """One picture of a batch: its job, or why it was refused."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="pictures")
    job = models.ForeignKey(Job, models.CASCADE, null=True, related_name="+")
    filename = models.CharField("name of a refused file", max_length=255, blank=True)
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.filename
