"""Who may use the API, how much they did, and what was answered to a request sent twice."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models

from faceweb.access.networks import is_among, networks_of


def check_networks(text: str) -> None:
    """A form's check. Raises ValidationError."""
    try:
        networks_of(text)
    except ValueError as error:
        raise ValidationError(
            f"{error}: write 192.0.2.7 or 192.0.2.0/24, comma separated."
        ) from None


class ApiKey(models.Model):
    """A program's key. Only its hash is kept: the key itself is shown once, when it is made."""

    name = models.CharField(max_length=100, unique=True, help_text="Who or what uses it")
    prefix = models.CharField(max_length=16, editable=False)
    hash = models.CharField(max_length=64, unique=True, editable=False)
    may_recognise = models.BooleanField("recognise, detect, verify, jobs", default=True)
    may_manage_subjects = models.BooleanField("manage people and examples", default=False)
    may_read_fleet = models.BooleanField("read fleet and metrics", default=False)
    may_read_embeddings = models.BooleanField("read faces' embeddings", default=False)
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

    def has_expired(self, now: datetime) -> bool:
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
