"""Storage that does not answer while an administrator works is a note on the page, no traceback."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps

import structlog
from botocore.exceptions import BotoCoreError, ClientError
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import F, Model, QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase

from faceweb.people.subjects import NoSuchSubject
from faceweb.replies.leases import LeaseTaken
from recognition.errors import GalleryError

log = structlog.get_logger()

View = Callable[..., HttpResponseBase]


@contextmanager
def storage_may_fail(request: HttpRequest, consequence: str) -> Iterator[None]:
    """Tell the administrator what did not work, and what follows."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        log.error("admin_storage_failed", path=request.path, error=str(error))
        messages.error(request, f"Storage does not answer: {consequence}. Try again.")
    except (GalleryError, LeaseTaken, NoSuchSubject) as error:
        messages.error(request, f"{str(error).rstrip('.')}: {consequence}.")


class DeletesWithObjects(admin.ModelAdmin):
    """An admin whose rows are deleted together with their objects, each by `delete_model`.

    Django's log of its changes names what was deleted by its id: a person's name would outlive
    their erasing there.
    """

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Model]) -> list[LogEntry]:
        """Log deletions without the names of what was deleted."""
        entries = super().log_deletions(request, queryset)
        content_type = ContentType.objects.get_for_model(self.model)
        ids = [str(one.pk) for one in queryset]
        LogEntry.objects.filter(content_type=content_type, object_id__in=ids).update(
            object_repr=F("object_id")
        )
        return entries

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Also where nothing may be changed."""
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> None:
        """Delete the chosen rows with their objects, one after the other."""
        for one in queryset:
            self.delete_model(request, one)

    def get_actions(
        self, request: HttpRequest
    ) -> dict[str, tuple[Callable[..., str], str, str] | None]:
        """Django's actions; the one that deletes says what else goes."""
        actions = super().get_actions(request)
        if found := actions.get("delete_selected"):
            actions["delete_selected"] = (found[0], found[1], "Delete with their objects")
        return actions


def report_storage_errors(view: View) -> View:
    """The view, whose storage errors at a change are notes on the page that follows."""

    @wraps(view)
    def view_with_notes(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        with storage_may_fail(request, "what is still listed was not changed"):
            return view(request, *args, **kwargs)
        return HttpResponseRedirect(request.get_full_path())

    return view_with_notes
