"""Collections of people, and the teams that they belong to."""

import secrets
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from foundation.collections import DEFAULT


def new_collection_id() -> str:
    """Twelve random hex digits: short enough for keys, and nothing that says whose it is."""
    return secrets.token_hex(6)


class Team(models.Model):
    """People who share collections, and see nothing of other teams'."""

    name = models.CharField(max_length=100, unique=True)
    s3_buckets = models.CharField(
        "S3 buckets",
        max_length=500,
        blank=True,
        help_text="Buckets whose pictures its keys may name, comma separated; empty: none",
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a member may do in all collections of the team."""

    VIEWER = "viewer", "viewer: looks"
    OPERATOR = "operator", "operator: pictures and people, too"
    OWNER = "owner", "owner: collections, too"


class Member(models.Model):
    """A user of a team."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=8, choices=Role, default=Role.VIEWER)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="member_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.role}"


class Collection(models.Model):
    """A gallery with its people, keys, limits and times.

    The default one is what `POST /` uses without a key of another. Without a team it is the
    system's own. Empty limits and times are the system's.
    """

    id = models.CharField(
        max_length=32, primary_key=True, default=new_collection_id, editable=False
    )
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="collections"
    )
    name = models.CharField(max_length=255)
    model = models.CharField(max_length=64, blank=True, editable=False)
    threshold = models.FloatField(null=True, blank=True)
    most_people = models.PositiveIntegerField(null=True, blank=True)
    most_examples = models.PositiveIntegerField(null=True, blank=True)
    retention_days_pictures = models.PositiveIntegerField(null=True, blank=True)
    retention_days_history = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField("deleted", null=True, editable=False, db_index=True)
    emptied_at = models.DateTimeField("all of it is deleted", null=True, editable=False)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["team", "name"], name="collection_of_team"),
            models.UniqueConstraint(
                fields=["name"], condition=Q(team=None), name="collection_of_system"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.team}: {self.name}" if self.team else self.name


OF_COLLECTION: dict[str, Any] = {
    "null": True,
    "default": DEFAULT,
    "db_default": DEFAULT,
    "db_constraint": False,
    "db_index": False,
    "editable": False,
    "related_name": "+",
}
"""The column that says which collection a row belongs to. Rows from before there were collections
get the default one without being written."""
