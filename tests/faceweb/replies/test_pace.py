"""How long replies gather: by who waits, and by how quickly they come."""

from __future__ import annotations

from itertools import accumulate, repeat

import pytest

from faceweb.replies.pace import FULL_ROUND, Pace, pause_seconds

SLOW, QUICK = 1.0, 400.0


@pytest.mark.parametrize(("waiting", "seconds"), [(0, 0.0), (16, 0.0), (22, 0.06), (1000, 0.25)])
def test_slow_replies_gather_where_many_clients_wait(waiting: int, seconds: float) -> None:
    assert pause_seconds(7, waiting, SLOW) == pytest.approx(seconds)


@pytest.mark.parametrize(("waiting", "seconds"), [(16, 0.0), (17, 0.01), (1000, 0.025)])
def test_quick_replies_gather_for_no_longer_than_ten_of_them_take(
    waiting: int, seconds: float
) -> None:
    assert pause_seconds(7, waiting, QUICK) == pytest.approx(seconds)


def test_replies_gather_only_after_a_round_that_brought_some_and_had_room() -> None:
    """With a pause after full rounds, ten replies a pause would be the most."""
    assert pause_seconds(1, 1000, SLOW) > 0 and pause_seconds(FULL_ROUND - 1, 1000, SLOW) > 0
    assert pause_seconds(0, 1000, SLOW) == pause_seconds(FULL_ROUND, 1000, SLOW) == 0


def test_the_pace_follows_the_last_rounds() -> None:
    pace = Pace(accumulate(repeat(0.1)).__next__)

    quick = [pace.after(10) for _ in range(30)]
    slow = [pace.after(1) for _ in range(30)]

    assert quick[0] == pytest.approx(20)
    assert quick[-1] == pytest.approx(100, rel=0.01)
    assert quick[-1] > slow[0] > slow[-1] == pytest.approx(10, rel=0.05)


def test_a_round_that_took_no_time_has_a_pace() -> None:
    assert Pace(lambda: 1.0).after(1) > 0
