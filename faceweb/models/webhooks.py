"""The addresses that get a message when a job ends."""

from django.db import models

from faceweb.models.jobs import Job


class Webhook(models.Model):
    """One message about one job, to one address: sent until it is taken, or given up."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="webhooks")
    url = models.URLField(max_length=2000)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField("next attempt", null=True)
    delivered_at = models.DateTimeField("delivered", null=True)
    last_error = models.CharField(max_length=255, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["due_at"], name="webhook_due")]

    def __str__(self) -> str:
        return self.url
