"""The fewest instances by time of day: `mon-fri 07:30-18:00 2; sat 10:00-14:00 1`, in UTC."""

import re
from dataclasses import dataclass
from datetime import datetime

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ENTRY = re.compile(
    r"(?P<first>[a-z]{3})(?:-(?P<last>[a-z]{3}))?\s+"
    r"(?P<since>\d\d?:\d\d)-(?P<until>\d\d?:\d\d)\s+(?P<count>\d{1,4})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Days of the week (0 is Monday), minutes of the day, and how many instances are kept then."""

    days: frozenset[int]
    since: int
    until: int
    count: int


def parse_schedule(text: str) -> tuple[Entry, ...]:
    """Read a schedule; an empty one has no entries. Raises ValueError with a sentence."""
    return tuple(_entry(part.strip().lower()) for part in text.split(";") if part.strip())


def minimum_at(schedule: tuple[Entry, ...], moment: datetime) -> int:
    """The most that an entry asks for at this moment (UTC); 0 where none does."""
    day, minute = moment.weekday(), moment.hour * 60 + moment.minute
    holds = (one.count for one in schedule if day in one.days and one.since <= minute < one.until)
    return max(holds, default=0)


def _entry(text: str) -> Entry:
    found = ENTRY.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not like 'mon-fri 07:30-18:00 2'")
    first = _day(found["first"])
    last = _day(found["last"] or found["first"])
    since, until = _minute(found["since"]), _minute(found["until"])
    if since >= until:
        raise ValueError(f"{text!r} ends before it begins: write two entries for a night")
    days = range(first, first + (last - first) % 7 + 1)
    return Entry(
        days=frozenset(day % 7 for day in days), since=since, until=until, count=int(found["count"])
    )


def _day(name: str) -> int:
    if name not in DAYS:
        raise ValueError(f"{name!r} is no day: mon, tue, wed, thu, fri, sat or sun")
    return DAYS.index(name)


def _minute(text: str) -> int:
    hours, minutes = map(int, text.split(":"))
    if minutes > 59 or hours * 60 + minutes > 24 * 60:
        raise ValueError(f"{text} is no time of day")
    return hours * 60 + minutes
