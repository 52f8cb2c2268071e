"""Storage that does not answer while an administrator works is a note on the page, no traceback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from botocore.exceptions import BotoCoreError, ClientError
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect

from faceweb.people.subjects import NoSuchSubject
from faceweb.replies.leases import LeaseTaken
from recognition.errors import GalleryError

log = structlog.get_logger()


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


class ChangesStorage(admin.ModelAdmin):
    """An admin whose changes go to S3: one that fails says so, and never that it was done.

    Django's log of its changes names what was changed by its id: a person's name would outlive
    their erasing there.
    """

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        entry = super().log_change(request, obj, message)
        return _without_name(entry)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        entries = super().log_deletions(request, queryset)
        content_type = ContentType.objects.get_for_model(self.model)
        ids = [str(one.pk) for one in queryset]
        LogEntry.objects.filter(content_type=content_type, object_id__in=ids).update(
            object_repr=F("object_id")
        )
        return entries

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return _told(request, lambda: super(ChangesStorage, self).changelist_view(
            request, extra_context))  # fmt: skip

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return _told(request, lambda: super(ChangesStorage, self).changeform_view(
            request, *args, **kwargs))  # fmt: skip

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return _told(request, lambda: super(ChangesStorage, self).delete_view(
            request, *args, **kwargs))  # fmt: skip


def _without_name(entry: LogEntry) -> LogEntry:
    entry.object_repr = str(entry.object_id)
    entry.save(update_fields=["object_repr"])
    return entry


def _told(request: HttpRequest, view: Callable[[], HttpResponse]) -> HttpResponse:
    if request.method != "POST":
        return view()
    with storage_may_fail(request, "what is still listed was not changed"):
        return view()
    return HttpResponseRedirect(request.get_full_path())
