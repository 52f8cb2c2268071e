"""For those who run it: ready or not, metrics, and the fleet."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST

from faceweb import response_path, scrape
from faceweb.api.auth import presented_key
from faceweb.callers import KeyRefused, Scope, TooManyRequests, caller_of_key
from faceweb.fleet_view import fleet_now, last_hour
from faceweb.health import check_health
from faceweb.pages.access import page
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
        return Scope.FLEET in caller_of_key(presented_key(request)).scopes
    except (KeyRefused, TooManyRequests):
        return False


@require_GET
@page
def fleet(request: HttpRequest) -> HttpResponseBase:
    """Queue, instances and decisions; the page's script asks for the part again and again."""
    looks = last_hour()
    context = {**fleet_now(get_settings()), "plot": plotted(looks)}
    part = "faceweb/fleet_part.html" if "part" in request.GET else "faceweb/fleet.html"
    return render(request, part, context)


WIDTH, HEIGHT = 720, 140


def plotted(looks: list) -> dict[str, object] | None:  # type: ignore[type-arg]
    """Two lines of an SVG: messages outstanding, and instances, over the last hour."""
    seen = [look for look in looks if look.visible is not None]
    if len(seen) < 2:
        return None
    queue = [(look.visible or 0) + (look.in_flight or 0) for look in seen]
    fleet_size = [(look.booting or 0) + (look.ready or 0) + (look.leaving or 0) for look in seen]
    first, last = seen[0].at.timestamp(), seen[-1].at.timestamp()
    across = [(look.at.timestamp() - first) / max(last - first, 1.0) * WIDTH for look in seen]

    def line(values: list[int]) -> str:
        most = max(*values, 1)
        return " ".join(
            f"{x:.1f},{HEIGHT - value / most * (HEIGHT - 8):.1f}"
            for x, value in zip(across, values, strict=True)
        )

    return {
        "queue": line(queue), "instances": line(fleet_size),
        "most_queued": max(queue), "most_instances": max(fleet_size),
        "since": seen[0].at, "until": seen[-1].at, "width": WIDTH, "height": HEIGHT,
    }  # fmt: skip
