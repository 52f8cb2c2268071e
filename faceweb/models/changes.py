"""Changes that can be undone: what was before, for a day."""

from django.db import models

from faceweb.models.faces import Face


class ChangeKind(models.TextChoices):
    FACE = "face", "whose face it is"
    EXAMPLE = "example", "an example was removed"
    MERGE = "merge", "two people became one"
    GROUP = "group", "groups of unknown faces became one"


class Change(models.Model):
    """One change by a person, with everything that is needed to undo it.

    `people` are the ids that it speaks of, so that erasing finds it. `before` is what the changed
    row said, or what the gallery had. It says no name.
    """

    kind = models.CharField(max_length=8, choices=ChangeKind)
    actor = models.CharField(max_length=150)
    made_at = models.DateTimeField("made", db_index=True)
    face = models.ForeignKey(Face, models.CASCADE, null=True, related_name="changes")
    people = models.JSONField(default=list)
    before = models.JSONField(default=dict)
    embeddings = models.BinaryField(null=True)
    picture = models.BinaryField(null=True)

    class Meta:
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return self.get_kind_display()
