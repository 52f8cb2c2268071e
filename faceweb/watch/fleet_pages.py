"""The fleet's page: what is now, live; the last hours in charts; a burst to try it with."""

import json
import time
from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET, require_POST, require_safe

from faceweb.access.identity import collection_of
from faceweb.access.permissions import ADD_JOB, STEER_FLEET, VIEW_FLEET
from faceweb.pages.access import demand, page, visitor
from faceweb.replies.threads import run_in_thread
from faceweb.server.handler import unread_body
from faceweb.watch import burst, fleet_history
from faceweb.watch.fleet_charts import STEPS, Span, charts, promise_kept
from faceweb.watch.fleet_cost import HOUR, costs_of
from faceweb.watch.fleet_view import fleet_now
from faceweb.watch.live import TooManyWatchers, Watchers
from foundation.config import Settings, get_settings
from scaler.deciding.values import Phase
from scaler.instances import prices
from scaler.models import Kind
from scaler.record import orders
from scaler.record.orders import OrderRefused, standing

LIVE_MINUTES = min(STEPS)
WORDS = {
    Phase.BOOTING: ("starting", "warm"),
    Phase.READY: ("ready", "good"),
    Phase.DRAINING: ("leaving", ""),
    Phase.ENDED: ("leaving", ""),
}
"""What the pages call a phase, and the colour they give it."""
FULL = "Too many watch the fleet already. Load the page again in a moment."


@require_safe
@page(VIEW_FLEET)
def fleet(request: HttpRequest) -> HttpResponseBase:
    """The page as it is now; its script draws the charts, and listens for what changes."""
    settings = get_settings()
    context = {
        **_now(settings),
        "data": _history(settings, LIVE_MINUTES),
        "can_burst": burst.is_possible(settings),
        "burst": burst.PICTURES,
        "orders": standing(),
    }
    return render(request, "faceweb/fleet.html", context)


@require_safe
@page(VIEW_FLEET)
def history(request: HttpRequest) -> HttpResponseBase:
    """The charts' numbers for the last minutes, hour, day or week."""
    text = request.GET.get("minutes", "")
    minutes = int(text) if text in map(str, STEPS) else LIVE_MINUTES
    return JsonResponse(_history(get_settings(), minutes))


@require_GET
@page(VIEW_FLEET)
async def events(request: HttpRequest) -> HttpResponseBase:
    """What is now, and the last minutes, again and again as server-sent events."""
    try:
        stream = watchers.open(unread_body(request))
    except TooManyWatchers:
        headers = {"Retry-After": "10"}
        return HttpResponse(FULL, status=503, content_type="text/plain", headers=headers)
    headers = {"X-Accel-Buffering": "no"}
    return StreamingHttpResponse(stream, content_type="text/event-stream", headers=headers)


@require_POST
@page(ADD_JOB)
def send_burst(request: HttpRequest) -> HttpResponseBase:
    """Send the sample pictures, on a system on this machine alone."""
    demand(request, VIEW_FLEET)
    settings = get_settings()
    if not burst.is_possible(settings):
        raise Http404
    try:
        batch = burst.send_burst(settings, visitor(request), collection_of(request))
    except burst.BurstRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{batch.expected} pictures were sent. Watch the fleet grow.")
    return redirect("fleet")


@require_POST
@page(STEER_FLEET)
def order(request: HttpRequest) -> HttpResponseBase:
    """Hold instances, pause or resume the intake, or drain an instance."""
    try:
        messages.success(request, carry_out(request.POST, visitor(request)))
    except OrderRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("fleet")


def _now(settings: Settings) -> dict[str, Any]:
    seen = fleet_now(settings)
    for one in seen["instances"]:
        one["word"], one["look"] = WORDS[one["phase"]]
    phases = Counter(one["word"] for one in seen["instances"])
    return {**seen, "phases": dict(phases), "changes": fleet_history.folded_decisions()}


def _history(settings: Settings, minutes: int) -> dict[str, object]:
    """Charts, and the figures beside them."""
    span = Span.ending(time.time(), minutes)
    promise = settings.target_latency_seconds
    answered = fleet_history.answered_by_step(span, promise)
    lives = fleet_history.lives_within(span)
    type_name = settings.instance_types.partition(",")[0].strip() or prices.USUAL_TYPE
    share = prices.SPOT_SHARE if settings.spot_instances else 1.0
    costs = costs_of(
        lives, span.ends, fleet_history.known_since(span),
        {
            Kind.INSTANCE: prices.machine_hour(type_name, share=share),
            Kind.FUNCTION: HOUR
            * prices.function_second(settings.burst_memory_mb, settings.aws_region),
        },
        settings.minimum_billed_seconds,
    )  # fmt: skip
    return {
        "minutes": minutes,
        **charts(span, fleet_history.seen_by_step(span), answered, lives, costs, promise),
        "kept": promise_kept(answered),
        "spent": {
            "dollars": costs.spent,
            "functions": costs.functions,
            "fixed": costs.fixed_spent,
            "most": costs.most,
            "times": costs.times_as_much,
            "type": type_name if type_name in prices.INSTANCE_HOUR else "",
        },
    }


def _message() -> str:
    settings = get_settings()
    part = render_to_string("faceweb/fleet_part.html", _now(settings))
    return json.dumps({"part": part, "data": _history(settings, LIVE_MINUTES)})


watchers = Watchers(partial(run_in_thread, _message))
"""Those who watch from this process."""


def carry_out(form: Mapping[str, str], actor: str) -> str:
    """Give the order that a form asks for. Returns what was done, in words. Raises OrderRefused."""
    match form.get("do", ""):
        case "hold":
            count, minutes = _whole(form, "count"), _whole(form, "minutes")
            orders.hold(count, minutes, actor)
            return f"At least {count} instances are kept for {minutes} minutes."
        case "release":
            orders.hold(0, 0, actor)
            return "No instance is held any more."
        case "pause":
            orders.pause(actor)
            return "The intake is paused. What is queued is answered."
        case "resume":
            orders.resume(actor)
            return "Pictures and videos are taken again."
        case "drain":
            name = form.get("instance", "")
            orders.drain(name, actor)
            return f"{name} finishes what it holds, and ends."
    raise OrderRefused("Say what to do: hold, release, pause, resume or drain.")


def _whole(form: Mapping[str, str], name: str) -> int:
    text = form.get(name, "")
    if not text.isascii() or not text.isdecimal() or len(text) > 6:
        raise OrderRefused(f"{name} is {text[:20]!r}: give a whole number.")
    return int(text)
