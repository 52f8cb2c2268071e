"""What somebody gets who tried too many passwords. django-axes counts those of a user."""

import time
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from threading import Lock

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from faceweb.access.networks import counted_as

FAILURES = 10
PAUSE = timedelta(minutes=15)

TRIES = 15
TRIES_SECONDS = 30.0
TOO_MANY_TRIES = "Too many passwords came from your address. Try again in half a minute.\n"
MOST_ADDRESSES = 10_000
"""Once as many are remembered, all but those of the last TRIES_SECONDS are forgotten."""


def locked_out(request: HttpRequest, *_: object) -> HttpResponse:
    """A page that says how long to wait, and how to wait no longer. Called by django-axes."""
    context = {
        "minutes": int(PAUSE.total_seconds() // 60),
        "address": request.META.get("REMOTE_ADDR", ""),
    }
    answer = render(request, "faceweb/locked_out.html", context, status=429)
    answer["Retry-After"] = str(int(PAUSE.total_seconds()))
    return answer


class Tries:
    """Passwords that were tried from each address, under whatever names. One costs a third of a
    second of the processor and some rows, so strangers may not try without end."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._times: dict[str, deque[float]] = {}

    def take(self, address: str) -> bool:
        """Count one more. False where the address had all that it may have for now."""
        with self._lock:
            since = self._clock() - TRIES_SECONDS
            if len(self._times) >= MOST_ADDRESSES:
                late = {one: each for one, each in self._times.items() if each and each[-1] > since}
                self._times = late
            times = self._times.setdefault(counted_as(address), deque(maxlen=TRIES))
            if len(times) == TRIES and times[0] > since:
                return False
            times.append(self._clock())
            return True

    def give_back(self, address: str) -> None:
        """The newest one was right, so it does not count."""
        with self._lock:
            if times := self._times.get(counted_as(address)):
                times.pop()


tries = Tries()
"""Those of this process."""


def too_many_tries() -> HttpResponse:
    """A sentence that says how long to wait."""
    headers = {"Retry-After": str(int(TRIES_SECONDS))}
    return HttpResponse(TOO_MANY_TRIES, "text/plain; charset=utf-8", 429, headers=headers)
