"""Each instance's life as one row: launched, ready, leaving, ended. Its cost follows from that."""

from datetime import UTC, datetime

from scaler.deciding.values import Instance, Observation, Phase
from scaler.models import Kind, Lifeline

COLUMNS = {Phase.READY: "ready_at", Phase.DRAINING: "leaving_at", Phase.ENDED: "leaving_at"}


class Lifelines:
    """Writes a row when an instance appears, changes its phase or is gone; else nothing."""

    def __init__(self) -> None:
        self._known: dict[str, set[str]] | None = None

    def note(self, seen: Observation) -> None:
        """Keep what one look shows. A look that saw no fleet changes nothing."""
        if seen.instances is None:
            return
        if self._known is None:
            self._known = _open_lines()
        at = moment(seen.now)
        for one in seen.instances:
            self._note_one(one, at, self._known)
        if gone := self._known.keys() - {one.id for one in seen.instances}:
            Lifeline.objects.filter(pk__in=gone).update(ended_at=at)
            for name in gone:
                del self._known[name]

    def _note_one(self, one: Instance, at: datetime, known: dict[str, set[str]]) -> None:
        if one.id not in known:
            values = {"launched_at": moment(one.launched_at), "ended_at": None}
            Lifeline.objects.update_or_create(pk=one.id, defaults=values)
            known[one.id] = set()
        column = COLUMNS.get(one.phase)
        if column and column not in known[one.id]:
            Lifeline.objects.filter(pk=one.id).update(**{column: at})
            known[one.id].add(column)


def _open_lines() -> dict[str, set[str]]:
    """The instances that an earlier scaler saw, with the columns that are written."""
    columns = ("ready_at", "leaving_at")
    return {
        line.pk: {name for name in columns if getattr(line, name)}
        for line in Lifeline.objects.filter(kind=Kind.INSTANCE, ended_at=None)
    }


def usual_start(kind: Kind, counted: int) -> float | None:
    """The mean seconds from launch to ready, of the last starts of this kind."""
    lines = Lifeline.objects.filter(kind=kind, ready_at__isnull=False).order_by("-launched_at")
    moments = lines.values_list("launched_at", "ready_at")[:counted]
    took = [max((ready - launched).total_seconds(), 0.0) for launched, ready in moments if ready]
    return sum(took) / len(took) if took else None


def moment(seconds: float) -> datetime:
    """A time in POSIX seconds as a datetime in UTC."""
    return datetime.fromtimestamp(seconds, UTC)
