"""For those who run it: ready or not, metrics, and the fleet."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST

from faceweb import response_path, scrape
from faceweb.api.auth import address_of, presented_key
from faceweb.callers import KeyRefused, Scope, TooManyRequests, caller_of_key
from faceweb.fleet_charts import fleet_chart
from faceweb.fleet_view import answered_by_minute, fleet_now, last_hour
from faceweb.health import check_health
from faceweb.pages.access import page
from faceweb.permissions import VIEW_FLEET
from faceweb.threads import run_in_thread
from workers.config import get_settings


@require_GET
async def readyz(request: HttpRequest) -> HttpResponse:
    """200 when this process can serve: all that it stands on answers, its collector runs."""
    parts = await run_in_thread(check_health, get_settings())
    parts["collector"] = "ok" if response_path.is_collecting() else "its thread has ended"
    ready = all(state == "ok" for state in parts.values())
    return JsonResponse(
        {"status": "ready" if ready else "not ready", "parts": parts}, status=200 if ready else 503
    )


@require_GET
async def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus's text format; with a key of the scope fleet where keys are required."""
    if not await run_in_thread(_may_read, request):
        return HttpResponse("Send an API key that may read the fleet.\n", status=401)
    content = await run_in_thread(scrape.exposition, get_settings())
    return HttpResponse(content, content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    if not get_settings().api_key_required:
        return True
    try:
        return Scope.FLEET in caller_of_key(presented_key(request), address_of(request)).scopes
    except (KeyRefused, TooManyRequests):
        return False


@require_GET
@page(VIEW_FLEET)
def fleet(request: HttpRequest) -> HttpResponseBase:
    """Queue, instances and decisions; the page's script asks for the part again and again."""
    until = timezone.now()
    chart = fleet_chart(last_hour(until), answered_by_minute(until), until)
    context = {**fleet_now(get_settings()), "chart": chart}
    part = "faceweb/fleet_part.html" if "part" in request.GET else "faceweb/fleet.html"
    return render(request, part, context)
