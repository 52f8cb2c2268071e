"""What the form of the fleet's page orders, and what its sender is told."""

from __future__ import annotations

from collections.abc import Mapping

from scaler.record import orders
from scaler.record.orders import OrderRefused


def given(form: Mapping[str, str], actor: str) -> str:
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
