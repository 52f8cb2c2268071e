"""Webhooks in the admin: which were taken, which not and why, and sent again."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from faceweb.access import audit
from faceweb.administration.audited import Audited
from faceweb.models import Webhook
from faceweb.pages.access import visitor
from scaler.administration.long_lists import LongList
from scaler.administration.read_only_admin import ReadOnlyAdmin


@admin.register(Webhook)
class WebhookAdmin(Audited, LongList, ReadOnlyAdmin):
    """The callers who want a message when a job ends."""

    list_display = ("url", "job", "attempts", "delivered_at", "due_at", "last_error")
    newest_by = "pk"
    exact_search = ("job__id",)
    list_filter = (("delivered_at", admin.EmptyFieldListFilter),)
    search_fields = ("url", "=job__id")
    list_select_related = ("job",)
    actions = ("send_again",)

    def has_send_permission(self, request: HttpRequest) -> bool:
        """True for who may change webhooks."""
        return bool(request.user.has_perm("faceweb.change_webhook"))

    @admin.action(description="Send again", permissions=["send"])
    def send_again(self, request: HttpRequest, webhooks: QuerySet[Webhook]) -> None:
        """Send the chosen webhooks again at once, with all their attempts."""
        for webhook in webhooks:
            audit.record(visitor(request), "webhook sent again", webhook.pk)
        count = webhooks.update(due_at=timezone.now(), attempts=0, delivered_at=None)
        self.message_user(request, f"{count} will be sent again now.", messages.SUCCESS)
