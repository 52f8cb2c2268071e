"""The audit log: who enrolled, looked up, erased and changed what."""

from django.db import models


class AuditEntry(models.Model):
    """One act. `subject` is an id, not a name: the log must outlive an erasure."""

    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    action = models.CharField(max_length=40)
    subject = models.CharField(max_length=150, blank=True)
    detail = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name_plural = "audit log"
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["-at"], name="audit_newest"),
            models.Index(fields=["action", "subject", "-at"], name="audit_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.actor}: {self.action} {self.subject}"


class ErasureState(models.TextChoices):
    RUNNING = "running", "running"
    WATCHING = "watching", "watching for late answers"
    DONE = "done", "done"


class Erasure(models.Model):
    """The erasing of one person: what is done, what was found, and what is left to do.

    Names are kept here only while it runs. Their hashes stay for a week, so that an answer that
    comes late is recognised.
    """

    person_id = models.CharField("person", max_length=64, unique=True)
    actor = models.CharField(max_length=150)
    with_pictures = models.BooleanField("pictures were to go, too", default=False)
    state = models.CharField(max_length=16, choices=ErasureState, default=ErasureState.RUNNING)
    started_at = models.DateTimeField("started")
    due_at = models.DateTimeField("goes on", db_index=True, null=True)
    finished_at = models.DateTimeField("finished", null=True)

    ids = models.JSONField("ids, merged ones too", default=list)
    names = models.JSONField(default=list, editable=False)
    name_hashes = models.JSONField(default=list, editable=False)
    steps_done = models.JSONField(default=list)
    counts = models.JSONField("found", default=dict)
    receipt = models.ForeignKey(AuditEntry, models.SET_NULL, null=True)
    trouble = models.CharField("why it waits", max_length=255, blank=True)

    class Meta:
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"erasing of {self.person_id}: {self.state}"
