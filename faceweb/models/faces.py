"""Faces: what was seen in pictures and in frames of videos, and who it is."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from django.db import models
from django.db.models import Q

from faceweb.models.jobs import Job
from faceweb.models.people import Subject
from faceweb.models.videos import Video


class FaceSource(models.TextChoices):
    """Who said whose face it is."""

    MODEL = "model", "the model"
    USER = "user", "a person"


def of_collection(collection: str) -> Q:
    """The faces of a collection's pictures and videos."""
    return Q(job__collection=collection) | Q(video__collection=collection)


@dataclass(frozen=True, slots=True, kw_only=True)
class Likely:
    """A person that a face may show, by their name now. The threshold is at 50 percent."""

    person_id: str
    name: str
    distance: float
    similarity: float

    @property
    def percent(self) -> int:
        """The similarity in percent."""
        return round(self.similarity * 100)


class Face(models.Model):
    """One face of a picture, or of a frame of a video. Its person is tied by id, so renaming and
    merging change no row."""

    job = models.ForeignKey(Job, models.CASCADE, null=True, db_index=False, related_name="faces")
    video = models.ForeignKey(
        Video, models.CASCADE, null=True, db_index=False, related_name="faces"
    )
    frame = models.PositiveIntegerField(null=True)
    number = models.PositiveSmallIntegerField()
    seen_at = models.DateTimeField("accepted")

    left = models.FloatField()
    top = models.FloatField()
    right = models.FloatField()
    bottom = models.FloatField()
    probability = models.FloatField()
    landmarks = models.JSONField(default=list)
    size_pixels = models.FloatField(null=True)
    sharpness = models.FloatField(null=True)
    turned = models.FloatField(null=True)
    left_out = models.CharField("why it was skipped", max_length=255, blank=True)
    not_named = models.CharField("why it got no name", max_length=255, blank=True)

    person = models.ForeignKey(
        Subject, models.DO_NOTHING, null=True, db_index=False, related_name="faces"
    )
    source = models.CharField("said by", max_length=8, choices=FaceSource, blank=True)
    named_at = models.DateTimeField("named", null=True)
    similarity = models.FloatField(null=True)
    distance = models.FloatField(null=True)
    candidates = models.JSONField(default=list)
    embedding = models.BinaryField(null=True)
    is_answer = models.BooleanField("is the picture's answer", default=False)
    is_unknown = models.BooleanField("waits for a name", default=False)
    stranger = models.BigIntegerField("stranger that somebody said it is", null=True)
    track = models.PositiveIntegerField("track of its video", null=True)

    nearest: Sequence[Likely] = ()
    """The candidates with their names, once `shown_faces` has looked them up."""

    class Meta:
        ordering = ["job_id", "video_id", "frame", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["job", "number"], condition=Q(job__isnull=False), name="face_of_job"
            ),
            models.UniqueConstraint(
                fields=["video", "frame", "number"],
                condition=Q(video__isnull=False),
                name="face_of_video",
            ),
        ]
        indexes = [
            models.Index(
                fields=["person", "-seen_at"],
                name="face_of_person",
                condition=Q(person__isnull=False),
            ),
            models.Index(fields=["-seen_at"], name="face_unknown", condition=Q(is_unknown=True)),
        ]

    def __str__(self) -> str:
        return f"face {self.number}"

    @property
    def width(self) -> float:
        """The box's width in pixels of the picture."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """The box's height in pixels of the picture."""
        return self.bottom - self.top

    @property
    def area(self) -> float:
        """In square pixels."""
        return self.width * self.height

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom in pixels of the upright picture."""
        return (self.left, self.top, self.right, self.bottom)

    @property
    def name(self) -> str:
        """The person's current name; empty for somebody unknown."""
        return self.person.now.name if self.person else ""

    def as_json(self) -> dict[str, object]:
        """The face in the form of a job's JSON; embeddings stay inside."""
        named_by_user = self.source == FaceSource.USER
        values = {
            "box": list(self.box),
            "probability": self.probability,
            "landmarks": self.landmarks,
            "identity": None if named_by_user else self.name,
            "named": self.name if named_by_user else None,
            "person_id": self.person.now.pk if self.person else None,
            "distance": self.distance,
            "similarity": self.similarity,
            "candidates": [asdict(one) for one in self.nearest],
            "size_pixels": self.size_pixels,
            "sharpness": self.sharpness,
            "turned": self.turned,
            "left_out": self.left_out,
            "not_named": self.not_named,
        }
        return {key: value for key, value in values.items() if value not in (None, "", [])}


class DismissedFace(models.Model):
    """What a face looks like that was dismissed for ever: nobody is asked who looks like it."""

    face = models.OneToOneField(Face, models.CASCADE, related_name="dismissed")
    model = models.CharField(max_length=64)
    embedding = models.BinaryField()
    dismissed_at = models.DateTimeField("dismissed", db_index=True)

    def __str__(self) -> str:
        return f"face {self.face_id}"
