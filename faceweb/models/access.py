"""Who may use the API, how much they did, and what was answered to a request sent twice."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models

from faceweb.access.networks import is_among, networks_of
from faceweb.models.collections import Collection, Team


def check_networks(text: str) -> None:
    """A form's check. Raises ValidationError."""
    try:
        networks_of(text)
    except ValueError as error:
        raise ValidationError(
            f"{error}: write 192.0.2.7 or 192.0.2.0/24, comma separated."
        ) from None


class ApiKey(models.Model):
    """A program's key, shown once, when it is made.

    Only its hash is kept; of one that signs requests the key itself, encrypted.
    """

    name = models.CharField(max_length=100, unique=True, help_text="Who or what uses it")
    prefix = models.CharField(max_length=16, editable=False)
    hash = models.CharField(max_length=64, unique=True, editable=False)
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="keys",
        help_text="Whose collections it may use; empty: the system's own",
    )  # fmt: skip
    collection = models.ForeignKey(
        Collection, models.PROTECT, null=True, blank=True, related_name="keys",
        help_text="The only collection that it may use; empty: all of the team's",
    )  # fmt: skip
    may_recognise = models.BooleanField("recognise, detect, verify, jobs", default=True)
    may_manage_subjects = models.BooleanField("manage people and examples", default=False)
    may_read_fleet = models.BooleanField("read fleet and metrics", default=False)
    may_read_embeddings = models.BooleanField("read faces' embeddings", default=False)
    may_manage_collections = models.BooleanField("make and delete collections", default=False)
    may_sign = models.BooleanField(
        "for AWS's SDKs", default=False,
        help_text="Requests may be signed with it, as AWS's SDKs do. It is then kept, encrypted.",
    )  # fmt: skip
    access_key = models.CharField(max_length=20, unique=True, null=True, editable=False)  # noqa: DJ001 - unique
    sealed_secret = models.CharField(max_length=400, blank=True, editable=False)
    requests_per_minute = models.PositiveIntegerField(default=600)
    expires_at = models.DateTimeField(
        "expires", null=True, blank=True, help_text="Not valid from then on; empty: for ever"
    )
    addresses = models.CharField(
        max_length=500,
        blank=True,
        validators=[check_networks],
        help_text="Addresses and networks that may use it, comma separated; empty: all",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField("last use", null=True, editable=False)
    revoked_at = models.DateTimeField("revoked", null=True, editable=False)

    class Meta:
        verbose_name = "API key"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """A form's check. Raises ValidationError for a collection that is not the team's."""
        if self.is_of_another_team():
            raise ValidationError({"collection": "This is not the team's: choose one that is."})

    def is_of_another_team(self) -> bool:
        """Whether its collection belongs to another team: an operator may have moved it."""
        return self.collection is not None and self.collection.team_id != self.team_id

    def has_expired(self, now: datetime) -> bool:
        """Whether the key's last day is over."""
        return self.expires_at is not None and self.expires_at <= now

    def is_for(self, address: str) -> bool:
        """True for an address that the key may be used from."""
        return not self.addresses or is_among(address, networks_of(self.addresses))


class ApiKeyUsage(models.Model):
    """How many requests a key made in one minute: its rate limit, and its figures."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="usage")
    minute = models.DateTimeField()
    requests = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "minute"], name="usage_minute")]

    def __str__(self) -> str:
        return f"{self.key}: {self.requests} at {self.minute:%Y-%m-%d %H:%M}"


class IdempotentAnswer(models.Model):
    """The answer to a request that carried an Idempotency-Key; `status` is 0 while it runs."""

    key = models.CharField(max_length=64, primary_key=True)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=bytes)
    created_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.key[:12]}: {self.status or 'running'}"
