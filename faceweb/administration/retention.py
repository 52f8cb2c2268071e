"""Retention times as a page of the admin: what is over its time, and a button to delete it."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from faceweb.administration.storage_errors import storage_may_fail
from faceweb.jobs.erasing import apply_retention, expired_jobs, expired_pictures
from faceweb.pages.access import visitor
from faceweb.videos.deleting import expired_frames, expired_videos
from foundation.config import get_settings
from scaler.administration.long_lists import COUNTED

TEMPLATE = "faceweb/administration/retention.html"


def retention_view(request: HttpRequest) -> HttpResponse:
    """GET shows, POST deletes."""
    if not request.user.has_perm("faceweb.delete_job"):
        raise PermissionDenied
    settings, now = get_settings(), timezone.now()
    if request.method == "POST":
        with storage_may_fail(request, "what is left was not deleted"):
            erased = apply_retention(settings, now, visitor(request))
            words = erased.in_words()
            messages.success(request, words)
        return redirect("admin:faceweb_job_retention")
    context = {
        **admin.site.each_context(request),
        "title": "Retention",
        "jobs": _counted(expired_jobs(settings, now)),
        "pictures": _counted(expired_pictures(settings, now)),
        "videos": _counted(expired_videos(settings, now) | expired_frames(settings, now)),
        "most": COUNTED,
        "settings": settings,
    }
    return render(request, TEMPLATE, context)


def _counted(rows: QuerySet) -> int:
    """Up to COUNTED: nobody needs to know more exactly what one button deletes."""
    return int(rows.order_by()[:COUNTED].count())
