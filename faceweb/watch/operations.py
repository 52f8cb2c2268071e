"""For those who run it: healthy or not, ready or not, and metrics."""

from pathlib import Path

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from faceweb.access.callers import Scope
from faceweb.access.identity import CallerRefused, require
from faceweb.access.permissions import VIEW_FLEET
from faceweb.collections.reach import reached_by_key
from faceweb.replies import response_path
from faceweb.replies.threads import run_in_thread
from faceweb.watch import scrape
from faceweb.watch.health import Looks, Parts, check_health, for_strangers
from foundation.config import get_settings


async def _look() -> Parts:
    settings = get_settings()
    parts = await run_in_thread(check_health, settings)
    return for_strangers(parts) if settings.api_key_required else parts


looks = Looks(_look)
"""Those of this process."""


@require_safe
async def healthz(request: HttpRequest) -> HttpResponse:
    """200 when database, queues and buckets answer, 503 otherwise; which one is in the JSON."""
    return _health(await looks.parts(), "ok", "failing")


@require_safe
async def readyz(request: HttpRequest) -> HttpResponse:
    """200 when this process can serve: all that it stands on answers, its collector runs."""
    parts = dict(await looks.parts())
    parts["collector"] = "ok" if response_path.is_collecting() else "its thread has ended"
    parts["first answer"] = _first_answer(get_settings().first_answer_file)
    return _health(parts, "ready", "not ready")


def _health(parts: dict[str, str], good: str, bad: str) -> JsonResponse:
    is_good = all(state == "ok" for state in parts.values())
    body = {"status": good if is_good else bad, "parts": parts}
    return JsonResponse(body, status=200 if is_good else 503)


def _first_answer(marker: Path | None) -> str:
    """Under `make run` a sample picture must have its right name before anybody relies on it."""
    if marker is None or marker.exists():
        return "ok"
    return "the sample picture has no right answer yet"


@require_safe
async def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus's text format; with a key of the scope fleet where keys are required. A team's key
    gets the figures of its collections."""
    try:
        caller = await run_in_thread(require, request, Scope.FLEET, VIEW_FLEET, any_collection=True)
    except CallerRefused as refusal:
        return HttpResponse(f"{refusal.sentence}\n", status=refusal.status, headers=refusal.headers)
    if caller.team is None and caller.bound is None:
        content = await run_in_thread(scrape.exposition, get_settings())
    else:
        reached = reached_by_key(caller.team, caller.bound)
        content = await run_in_thread(scrape.exposition_of, reached)
    return HttpResponse(content, content_type=CONTENT_TYPE_LATEST)
