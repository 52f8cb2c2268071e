"""What operators ordered: hold some instances for a while, pause the intake, drain an instance.

An order is a row, so that pages, admin and commands give the same ones. All are audited, by the
web tier's log, which stands above: the setting `SCALER_AUDIT` names it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings as django_settings
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string

from scaler.models import Kind, Lifeline, Order, OrderKind

LONGEST = timedelta(days=7)
MOST = 1000


class OrderRefused(Exception):
    """The order makes no sense now; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The orders that stand. `hold` is the fewest instances; `drain` are ids."""

    hold: int = 0
    hold_until: datetime | None = None
    drain: frozenset[str] = frozenset()
    is_paused: bool = False


def standing() -> Standing:
    """The orders of this moment. Raises DatabaseError."""
    rows = list(_open())
    holds = [row for row in rows if row.kind == OrderKind.HOLD]
    return Standing(
        hold=max((row.count for row in holds), default=0),
        hold_until=max((row.until for row in holds if row.until), default=None),
        drain=frozenset(row.instance_id for row in rows if row.kind == OrderKind.DRAIN),
        is_paused=any(row.kind == OrderKind.PAUSE for row in rows),
    )


def hold(count: int, minutes: float, actor: str) -> None:
    """Keep at least `count` instances for a time; 0 ends a hold. Raises OrderRefused."""
    if not count:
        end(_open().filter(kind=OrderKind.HOLD), actor)
        return
    until = timezone.now() + timedelta(minutes=minutes)
    give(Order(kind=OrderKind.HOLD, count=count, until=until), actor)


def pause(actor: str) -> None:
    """Take no new pictures and videos. Queued pictures are still answered."""
    if not _open().filter(kind=OrderKind.PAUSE).exists():
        give(Order(kind=OrderKind.PAUSE), actor)


def resume(actor: str) -> None:
    """Take pictures and videos again."""
    end(_open().filter(kind=OrderKind.PAUSE), actor)


def drain(instance_id: str, actor: str) -> None:
    """Let one instance finish what it holds, and end. Raises OrderRefused."""
    until = timezone.now() + timedelta(hours=1)
    give(Order(kind=OrderKind.DRAIN, instance_id=instance_id, until=until), actor)


def give(order: Order, actor: str) -> None:
    """Give an order, in place of a hold before it. Raises OrderRefused."""
    order.at, order.by = timezone.now(), actor[:150]
    _check(order)
    if order.kind == OrderKind.HOLD:
        _open().filter(kind=OrderKind.HOLD).update(ended_at=order.at)
    order.save()
    _audit(actor, f"fleet {order.kind}", order)


def end(chosen: QuerySet[Order], actor: str) -> None:
    """End orders that stand."""
    for order in chosen.filter(ended_at=None):
        Order.objects.filter(pk=order.pk).update(ended_at=timezone.now())
        _audit(actor, f"fleet {order.kind} ended", order)


def _check(order: Order) -> None:
    if order.kind == OrderKind.HOLD:
        if not 0 < order.count <= MOST:
            raise OrderRefused(f"{order.count} instances can't be held: give 1 to {MOST:,}.")
        if order.until is None or not order.at < order.until <= order.at + LONGEST:
            raise OrderRefused(f"Hold them for 1 minute to {LONGEST.days} days.")
    living = Lifeline.objects.filter(pk=order.instance_id, kind=Kind.INSTANCE, ended_at=None)
    if order.kind == OrderKind.DRAIN and not living.exists():
        raise OrderRefused(f"There is no instance {order.instance_id[:64]!r} that runs.")


def _open() -> QuerySet[Order]:
    return Order.objects.filter(Q(until=None) | Q(until__gt=timezone.now()), ended_at=None)


def _audit(actor: str, action: str, order: Order) -> None:
    until = order.until.isoformat() if order.until else ""
    import_string(django_settings.SCALER_AUDIT)(actor, action, str(order), until=until)
