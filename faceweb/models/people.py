"""What belongs to the people of the gallery; the gallery itself lives in S3."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.urls import reverse

from faceweb.models.collections import OF_COLLECTION, Collection
from recognition.gallery.names import name_key

MAX_KEY = 800
"""Folding a name's case makes few letters longer; a word that is no person's may have many."""


class Subject(models.Model):
    """A person by the gallery's id: what they are called now, also once they left the gallery.

    A copy that is kept current in the same change. `merged_into` is the person that this one turned
    out to be. No row is ever deleted. An erased person keeps only the id, so that an answer on its
    way is erased, too.
    """

    person_id = models.CharField("id", max_length=64, primary_key=True, editable=False)
    collection = models.ForeignKey(Collection, models.DO_NOTHING, **OF_COLLECTION)
    name = models.CharField(max_length=255)
    name_key = models.CharField(max_length=MAX_KEY, editable=False)
    examples = models.PositiveIntegerField(default=0, editable=False)
    merged_into = models.ForeignKey(
        "self", models.DO_NOTHING, null=True, editable=False, related_name="merged"
    )
    former_names = models.JSONField("hashes of former names", default=list, editable=False)
    erased_at = models.DateTimeField("erased", null=True, editable=False)
    cover = models.CharField("example on the cover", max_length=32, blank=True, editable=False)

    class Meta:
        verbose_name, verbose_name_plural = "person", "people"
        ordering = ["name"]
        indexes = [
            models.Index(fields=["name"], name="subject_name"),
            models.Index(fields=["collection", "name_key"], name="subject_of_collection"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The path of the person's page."""
        return reverse("person", args=[self.person_id])

    @staticmethod
    def key_of(name: str) -> str:
        """What is equal for two names of one person, as long as the column takes."""
        return name_key(name)[:MAX_KEY]

    @property
    def now(self) -> Subject:
        """Who this is now: the person that this one was merged into, or this one."""
        return self.merged_into or self


class ExpectedPerson(models.Model):
    """A name of somebody who has no example: nobody can look like them, so the gallery has none."""

    collection = models.ForeignKey(Collection, models.DO_NOTHING, **OF_COLLECTION)
    name = models.CharField(max_length=255)
    name_key = models.CharField(max_length=MAX_KEY)
    made_at = models.DateTimeField()

    objects: ClassVar[models.Manager[ExpectedPerson]] = models.Manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["collection", "name_key"], name="expected_once")
        ]

    def __str__(self) -> str:
        return self.name


class IndexedFace(models.Model):
    """An example by its id in Amazon Rekognition's API, and what that API said of the picture.

    Where nobody said whose face it is, it is the only example of a person whose name is that id.
    """

    face_id = models.CharField(max_length=36, primary_key=True)
    collection = models.ForeignKey(Collection, models.DO_NOTHING, **OF_COLLECTION)
    person_id = models.CharField(max_length=64, db_index=True)
    example_id = models.CharField(max_length=32)
    image_id = models.CharField(max_length=36)
    external_image_id = models.CharField(max_length=255, blank=True)
    left = models.FloatField()
    top = models.FloatField()
    width = models.FloatField()
    height = models.FloatField()
    confidence = models.FloatField()
    model = models.CharField(max_length=64)

    class Meta:
        ordering = ["face_id"]
        indexes = [models.Index(fields=["collection", "face_id"], name="indexed_of_collection")]

    def __str__(self) -> str:
        return self.face_id


class Bookmark(models.Model):
    """How far background work has come, by the work's name."""

    name = models.CharField(max_length=64, primary_key=True)
    place = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.name


class ExamplePicture(models.Model):
    """The cut-out face that an example of the gallery was made from.

    An example is named by the hash of its embedding, so the gallery stays the only list of them.
    One that was imported without a picture has no row here.
    """

    example_id = models.CharField(max_length=32)
    person_id = models.CharField(max_length=64, db_index=True)
    key = models.CharField(max_length=255)
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["-added_at"]
        indexes = [
            models.Index(fields=["-added_at"], name="example_newest"),
            models.Index(fields=["person_id", "-added_at"], name="example_of_person"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["person_id", "example_id"], name="example_once")
        ]

    def __str__(self) -> str:
        return self.example_id


class Lease(models.Model):
    """Work that only one process may do at a time, by name, until it ends or time is up."""

    name = models.CharField(max_length=64, primary_key=True)
    holder = models.CharField(max_length=64)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}: {self.holder}"
