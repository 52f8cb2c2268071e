"""An instance's life is one row, written when something about it changes."""

from __future__ import annotations

from typing import Any

import pytest

from scaler.deciding.values import Instance, Observation, Phase
from scaler.models import Lifeline
from scaler.record.lifelines import Lifelines, moment

pytestmark = [pytest.mark.django_db, pytest.mark.database]

BEGAN = 1_800_000_000.0


def look(now: float, *phases: Phase) -> Observation:
    instances = tuple(
        Instance(id=f"i-{number}", phase=phase, launched_at=BEGAN)
        for number, phase in enumerate(phases)
    )
    return Observation(now=now, instances=instances)


def test_a_life_is_told_from_launch_to_end() -> None:
    lifelines = Lifelines()

    for after, phases in enumerate(
        [(Phase.BOOTING,), (Phase.READY,), (Phase.READY,), (Phase.DRAINING,), (Phase.ENDED,), ()]
    ):
        lifelines.note(look(BEGAN + after, *phases))

    line = Lifeline.objects.get()
    told = (line.launched_at, line.ready_at, line.leaving_at, line.ended_at)
    assert told == tuple(moment(BEGAN + after) for after in (0, 1, 3, 5))


def test_what_stays_the_same_is_not_written_again(django_assert_num_queries: Any) -> None:
    lifelines = Lifelines()
    lifelines.note(look(BEGAN, Phase.READY, Phase.BOOTING))

    with django_assert_num_queries(0):
        lifelines.note(look(BEGAN + 2, Phase.READY, Phase.BOOTING))


def test_another_scaler_goes_on_where_the_first_one_stopped() -> None:
    Lifelines().note(look(BEGAN + 1, Phase.READY))

    Lifelines().note(look(BEGAN + 9, Phase.READY))
    Lifelines().note(look(BEGAN + 10))

    line = Lifeline.objects.get()
    assert (line.ready_at, line.ended_at) == (moment(BEGAN + 1), moment(BEGAN + 10))


def test_a_look_that_saw_no_fleet_ends_nobody() -> None:
    lifelines = Lifelines()
    lifelines.note(look(BEGAN, Phase.READY))

    lifelines.note(Observation(now=BEGAN + 2, instances=None))

    assert Lifeline.objects.get().ended_at is None
