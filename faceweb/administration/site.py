"""The admin's site: our tables first, by the names of the pages, and a first page with figures."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django.contrib.admin import AdminSite
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from faceweb.access import login_throttle
from faceweb.administration.storage_errors import View, report_storage_errors
from faceweb.models import OPEN_STATES, DeadLetter, Job, JobState, Subject, Video
from scaler.models import Lifeline

APPS = ("faceweb", "scaler", "auth", "axes")
"""Apps in the order of the first page; others follow."""
NAMES = {"auth": "Users and roles", "axes": "Failed logins"}
"""Our names of the apps that are not ours."""
FIRST = (
    "Subject", "Job", "Video", "ExamplePicture", "DeadLetter", "Webhook", "ApiKey", "AuditEntry",
    "Look", "Lifeline",
)  # fmt: skip
"""Tables in the order of what people look for; others follow by name."""
COUNTED = 1_000
"""Further nobody counts on the first page."""


class Site(AdminSite):
    """Django's, with our order, names and first page."""

    site_header = site_title = "Elastic Faces"
    index_title = "Overview"
    enable_nav_sidebar = False  # lists need the room
    index_template = "faceweb/administration/index.html"

    def admin_view(self, view: View, cacheable: bool = False) -> View:  # type: ignore[override]
        """A change that storage refuses says so, and never that it was done."""
        return super().admin_view(report_storage_errors(view), cacheable)

    def login(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """The page, and its form. An address may try so many passwords in half a minute."""
        address = str(request.META.get("REMOTE_ADDR", ""))
        if request.method == "POST" and not login_throttle.tries.take(address):
            return login_throttle.too_many_tries()
        answer = super().login(request, extra_context)
        if request.method == "POST" and answer.status_code == HTTPStatus.FOUND:
            login_throttle.tries.give_back(address)
        return answer

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[dict[str, Any]]:
        """The tables of the first page, in our order and by our names."""
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["name"] = NAMES.get(app["app_label"], app["name"])
            app["models"].sort(key=lambda one: _place(one["object_name"], FIRST))
        return sorted(apps, key=lambda app: _place(app["app_label"], APPS))

    def index(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> TemplateResponse:
        """The first page, with what needs somebody's eye."""
        figures = {"figures": _figures(request)}
        return super().index(request, {**figures, **(extra_context or {})})


def _place(name: str, order: tuple[str, ...]) -> tuple[int, str]:
    return (order.index(name) if name in order else len(order), name)


def _figures(request: HttpRequest) -> list[dict[str, object]]:
    """Figures with the list that each leads to, of what the user may see."""
    day = timezone.now() - timedelta(days=1)
    failed = Job.objects.filter(answered_at__gt=day, state=JobState.FAILED)
    lists = [
        ("People", Subject.objects.filter(examples__gt=0), "faceweb", "subject", ""),
        ("Pictures waiting", Job.objects.filter(state__in=OPEN_STATES), "faceweb", "job", ""),
        ("Failed in 24 hours", failed, "faceweb", "job", "?state__exact=failed"),
        ("Videos", Video.objects.all(), "faceweb", "video", ""),
        ("Dead letters", DeadLetter.objects.all(), "faceweb", "deadletter", ""),
        ("Instances", Lifeline.objects.filter(ended_at=None), "scaler", "lifeline", ""),
    ]
    return [
        {"name": name, "count": _count(rows), "list": f"admin:{app}_{model}_changelist",
         "query": query, "is_bad": model == "deadletter" or rows is failed}
        for name, rows, app, model, query in lists
        if request.user.has_perm(f"{app}.view_{model}")
    ]  # fmt: skip


def _count(rows: QuerySet[Model]) -> str:
    counted = rows.order_by()[: COUNTED + 1].count()
    return f"{COUNTED:,}+" if counted > COUNTED else f"{counted:,}"
