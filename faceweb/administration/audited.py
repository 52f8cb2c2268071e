"""Looks at pictures and people in the admin, for the audit log."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from faceweb.access import audit
from faceweb.pages.access import visitor


class Audited(admin.ModelAdmin):
    """An admin whose lists and pages are written down when somebody has seen them."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Show the list, and note in the audit log who looked at it."""
        response = super().changelist_view(request, extra_context)
        if request.method == "GET" and response.status_code == 200:
            audit.record(visitor(request), f"{self.opts.verbose_name_plural} listed"[:40])
        return response

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:  # fmt: skip
        """Show one row, and note in the audit log who looked at it."""
        response = super().changeform_view(request, object_id, form_url, extra_context)
        if request.method == "GET" and response.status_code == 200 and object_id:
            audit.record_look(visitor(request), f"{self.opts.verbose_name} seen"[:40], object_id)
        return response
