"""Dead letters in the admin: why each died, sent again, or put aside."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from faceweb.access import audit
from faceweb.administration.audited import Audited
from faceweb.jobs.departures import send_task
from faceweb.jobs.rerun import CantRunAgain, run_again
from faceweb.models import DeadLetter
from faceweb.pages.access import visitor
from scaler.administration.long_lists import LongList, MonthFilter, RecentValuesFilter
from scaler.administration.read_only_admin import ReadOnlyAdmin


@admin.register(DeadLetter)
class DeadLetterAdmin(Audited, LongList, ReadOnlyAdmin):
    """Messages that nobody could finish. A resolved one leaves its queue within a quarter of an
    hour, when the sweep sees it again."""

    list_display = ("message_id", "job", "reason", "seen_at", "resolved_at", "resolution")
    newest_by = "seen_at"
    list_filter = (
        ("resolved_at", admin.EmptyFieldListFilter), MonthFilter, ("reason", RecentValuesFilter),
    )  # fmt: skip
    exact_search = ("pk", "job__id")
    search_fields = ("message_id", "reason")
    list_select_related = ("job",)
    actions = ("send_again", "put_aside")

    def has_resolve_permission(self, request: HttpRequest) -> bool:
        """True for who may change dead letters."""
        return bool(request.user.has_perm("faceweb.change_deadletter"))

    @admin.action(description="Send again", permissions=["resolve"])
    def send_again(self, request: HttpRequest, letters: QuerySet[DeadLetter]) -> None:
        """A new job on the same picture: the old one has failed, and its client knows."""
        sent = 0
        for letter in letters.filter(resolved_at=None).select_related("job"):
            try:
                if letter.job is None:
                    raise CantRunAgain(f"message {letter.message_id} belongs to no job")
                again = run_again(letter.job, send_task)
            except CantRunAgain as error:
                self.message_user(request, f"Not sent again: {error}.", messages.WARNING)
                continue
            self._resolve(request, letter, f"sent again as {again.pk}")
            sent += 1
        self.message_user(request, f"{sent} sent again, as new jobs.", messages.SUCCESS)

    @admin.action(description="Put aside", permissions=["resolve"])
    def put_aside(self, request: HttpRequest, letters: QuerySet[DeadLetter]) -> None:
        """Looked at, and nothing more to do."""
        for letter in letters.filter(resolved_at=None):
            self._resolve(request, letter, "put aside")

    def _resolve(self, request: HttpRequest, letter: DeadLetter, how: str) -> None:
        DeadLetter.objects.filter(pk=letter.pk).update(resolved_at=timezone.now(), resolution=how)
        audit.record(visitor(request), "dead letter resolved", letter.pk, how=how)
