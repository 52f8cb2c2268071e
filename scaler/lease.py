"""The lease: of several scalers one acts, the others wait.

A row that is taken or renewed by one conditional UPDATE. A holder that dies is followed when its
lease is over; one that stalls in mid-step finds out before it acts.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.db.models import F, Q

from scaler.models import Lease

SECONDS = 10.0


class ScalerLease:
    """One scaler's view of the lease.

    Parameters:
        holder: this scaler's name, unique to the process.
        clock: seconds since the epoch. Hosts' clocks must agree to a few seconds.
    """

    def __init__(
        self, name: str, holder: str, clock: Callable[[], float], seconds: float = SECONDS
    ) -> None:
        self._name = name
        self.holder = holder
        self._clock = clock
        self._seconds = seconds
        self._held_until = 0.0

    def hold(self) -> bool:
        """Take or renew the lease. False when another scaler has it. Raises DatabaseError."""
        now = self._clock()
        until = now + self._seconds
        self._held_until = until if self._renew(now, until) or self._take(now, until) else 0.0
        return self._held_until > 0

    def is_held(self) -> bool:
        """Whether there is time left to act, as far as this process knows."""
        return self._clock() < self._held_until

    def _renew(self, now: float, until: float) -> bool:
        mine = Lease.objects.filter(name=self._name, holder=self.holder, expires_at__gt=_at(now))
        return mine.update(expires_at=_at(until)) == 1

    def _take(self, now: float, until: float) -> bool:
        Lease.objects.get_or_create(name=self._name, defaults={"expires_at": _at(0)})
        over = Lease.objects.filter(Q(expires_at__lte=_at(now)) | Q(holder=""), name=self._name)
        return over.update(holder=self.holder, expires_at=_at(until), term=F("term") + 1) == 1

    def release(self) -> None:
        """Let the next one act at once."""
        Lease.objects.filter(name=self._name, holder=self.holder).update(
            holder="", expires_at=_at(0)
        )
        self._held_until = 0.0

    def current_holder(self) -> str:
        """The name of the scaler that holds the lease; empty if none does."""
        lease = Lease.objects.filter(name=self._name).first()
        return lease.holder if lease else ""


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(seconds=seconds)
