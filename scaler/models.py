"""What the scaler keeps in the database: who holds the lease, and what was seen and decided."""

from django.db import models


class Lease(models.Model):
    """Who may scale now. `term` grows with each change of holder."""

    name = models.CharField(max_length=64, primary_key=True)
    holder = models.CharField(max_length=128, blank=True)
    term = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}: {self.holder or 'nobody'}"


class Kind(models.TextChoices):
    """What answers pictures."""

    INSTANCE = "instance"
    FUNCTION = "function"


class Lifeline(models.Model):
    """One app instance from its launch to its end, or one run of a function. No moment is not yet.

    A run of a function is ready when it says that it began. `answered` is known at its end.
    """

    instance_id = models.CharField(max_length=64, primary_key=True)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.INSTANCE)
    launched_at = models.DateTimeField()
    ready_at = models.DateTimeField(null=True, blank=True)
    leaving_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True, db_index=True)
    answered = models.PositiveIntegerField("pictures", null=True, blank=True)

    class Meta:
        verbose_name = "instance or function"
        verbose_name_plural = "instances and functions"
        ordering = ["-launched_at"]
        indexes = [models.Index(fields=["-launched_at"], name="lifeline_newest")]

    def __str__(self) -> str:
        return self.instance_id


class OrderKind(models.TextChoices):
    """What an operator may order."""

    HOLD = "hold"
    PAUSE = "pause"
    DRAIN = "drain"


class Order(models.Model):
    """An operator's order to scaler and web tier. It stands until `until`, or until it is ended."""

    kind = models.CharField(max_length=8, choices=OrderKind.choices)
    count = models.PositiveIntegerField("instances", default=0)
    instance_id = models.CharField(max_length=64, blank=True)
    by = models.CharField(max_length=150)
    at = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-at"]
        indexes = [models.Index(fields=["ended_at", "until"], name="order_standing")]

    def __str__(self) -> str:
        what = {OrderKind.HOLD: str(self.count), OrderKind.DRAIN: self.instance_id}
        return f"{self.kind} {what.get(OrderKind(self.kind), '')}".strip()


class Look(models.Model):
    """One look and its decision: each that changed something, and a sample now and then.

    The JSON columns hold all that `decide` was given, so that it can be asked again.
    """

    at = models.DateTimeField()
    scaler = models.CharField(max_length=128)
    changed = models.BooleanField("changed something")
    reason = models.CharField(max_length=500)
    refused = models.CharField("EC2 refuses", max_length=80, blank=True)

    visible = models.PositiveIntegerField(null=True, blank=True)
    in_flight = models.PositiveIntegerField("in flight", null=True, blank=True)
    outstanding = models.PositiveIntegerField("unanswered jobs", null=True, blank=True)
    booting = models.PositiveIntegerField(null=True, blank=True)
    ready = models.PositiveIntegerField(null=True, blank=True)
    leaving = models.PositiveIntegerField(null=True, blank=True)
    functions = models.PositiveIntegerField("functions running", null=True, blank=True)
    wanted = models.PositiveIntegerField(default=0)
    launched = models.PositiveIntegerField("launch", default=0)
    functions_started = models.PositiveIntegerField("functions", default=0)
    asked_to_stop = models.PositiveIntegerField("asked to stop", default=0)
    terminated = models.PositiveIntegerField("terminate", default=0)

    observation = models.JSONField()
    state = models.JSONField("state before")
    limits = models.JSONField()
    decision = models.JSONField()

    class Meta:
        verbose_name = "scaler decision"
        ordering = ["-at"]
        indexes = [
            models.Index(fields=["-at"], name="look_newest"),
            models.Index(fields=["changed", "-at"], name="look_changed"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S}: {self.reason}"
