"""Why a picture has no answer yet, and how long that may take: for the one who waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from foundation.config import Settings
from scaler.models import Lifeline

STARTS_COUNTED = 5
MOST_PERCENT = 97
"""A bar that is full while one still waits tells nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A sentence, and how much of the time is over, in percent; None where nobody can tell."""

    sentence: str
    percent: int | None = None


def waiting_now(settings: Settings) -> Waiting:
    """What is waited for now, by what the scaler saw."""
    now = timezone.now()
    living = Lifeline.objects.filter(Q(ended_at=None), leaving_at=None)
    states = list(living.values_list("launched_at", "ready_at"))
    took = _usual_start(settings.expected_boot_seconds)
    return explained([launched for launched, ready in states if ready is None],
                     any(ready for _, ready in states), took, now)  # fmt: skip


def explained(
    starting: Sequence[datetime], somebody_is_ready: bool, start_seconds: float, now: datetime
) -> Waiting:
    """Say what is waited for.

    Parameters:
        starting: when each machine was launched that is not ready.
        start_seconds: how long a start usually takes.
    """
    if somebody_is_ready:
        return Waiting(sentence="A machine is running. Your picture is in the queue.")
    if not starting:
        text = f"A machine is being started for your picture: about {start_seconds:.0f} seconds."
        return Waiting(sentence=text, percent=0)
    over = max((now - min(starting)).total_seconds(), 0.0)
    percent = min(round(100 * over / start_seconds), MOST_PERCENT)
    left = start_seconds - over
    text = f"about {left:.0f} seconds more" if left >= 1 else "it will be ready in a moment"
    return Waiting(sentence=f"A machine is starting: {text}.", percent=percent)


def _usual_start(assumed_seconds: float) -> float:
    """The mean of the last starts; what is assumed where there was none."""
    lines = Lifeline.objects.filter(ready_at__isnull=False).order_by("-launched_at")
    moments = lines.values_list("launched_at", "ready_at")[:STARTS_COUNTED]
    took: list[timedelta] = [ready - launched for launched, ready in moments if ready]
    mean = sum(took, timedelta()).total_seconds() / len(took) if took else assumed_seconds
    return max(mean, 1.0)
