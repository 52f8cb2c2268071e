"""What belongs to the people of the gallery; the gallery itself lives in S3."""

from __future__ import annotations

from django.db import models
from django.urls import reverse


class Subject(models.Model):
    """One person as the admin lists them: a copy, read anew whenever the gallery has changed."""

    person_id = models.CharField("id", max_length=64, primary_key=True, editable=False)
    name = models.CharField(max_length=200, unique=True)
    examples = models.PositiveIntegerField(editable=False)
    gallery_version = models.CharField(max_length=128, editable=False)

    class Meta:
        verbose_name, verbose_name_plural = "person", "people"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("person", args=[self.person_id])


class ExamplePicture(models.Model):
    """The cut-out face that an example of the gallery was made from.

    An example is named by the hash of its embedding, so the gallery stays the only list of them;
    one that was imported without a picture has no row here.
    """

    example_id = models.CharField(max_length=32)
    person_id = models.CharField(max_length=64, db_index=True)
    key = models.CharField(max_length=255)
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["-added_at"]
        constraints = [
            models.UniqueConstraint(fields=["person_id", "example_id"], name="example_once")
        ]

    def __str__(self) -> str:
        return self.example_id


class Lease(models.Model):
    """What only one process may do at a time, by name, until it lets go or time is up."""

    name = models.CharField(max_length=64, primary_key=True)
    holder = models.CharField(max_length=64)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}: {self.holder}"
