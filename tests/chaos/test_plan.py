"""Which fault comes when."""

from __future__ import annotations

from itertools import pairwise

from tests.chaos.plan import timetable

HOLDS = {"a": 4.0, "b": 8.0, "c": 1.0}


def test_one_seed_plans_the_same_and_another_one_something_else() -> None:
    assert timetable(HOLDS, 100, 1) == timetable(HOLDS, 100, 1) != timetable(HOLDS, 100, 2)


def test_every_fault_has_its_turns_and_all_are_over_at_the_end() -> None:
    planned = timetable(HOLDS, 100, 3)
    times = {name: sum(one.fault == name for one in planned) for name in HOLDS}

    assert max(times.values()) - min(times.values()) <= 2
    assert all(one.at + HOLDS[one.fault] <= 100 for one in planned)


def test_no_fault_overlaps_with_itself() -> None:
    for name, holds in HOLDS.items():
        starts = [one.at for one in timetable(HOLDS, 300, 4) if one.fault == name]
        gaps = [later - earlier for earlier, later in pairwise(starts)]
        assert all(gap >= holds for gap in gaps)
