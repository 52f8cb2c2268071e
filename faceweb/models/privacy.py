"""The audit log: who enrolled, looked up, erased and changed what."""

from __future__ import annotations

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
