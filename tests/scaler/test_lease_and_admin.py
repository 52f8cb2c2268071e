"""The lease, and the history as the admin shows it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from scaler.deciding.policy import decide
from scaler.deciding.values import Instance, Limits, Observation, Phase, State
from scaler.lease import SECONDS, ScalerLease
from scaler.record.history import RecordedDecision, StoredHistory

pytestmark = [pytest.mark.django_db, pytest.mark.database]

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@dataclass
class Clock:
    now: float = NOW.timestamp()

    def __call__(self) -> float:
        return self.now


class TestLease:
    def test_one_holds_it_the_other_waits_and_follows(self) -> None:
        clock = Clock()
        first, second = (ScalerLease("faces", name, clock) for name in ("a", "b"))

        assert first.hold()
        assert not second.hold()
        assert second.current_holder() == "a"
        clock.now += SECONDS / 2
        assert first.hold()  # renewed
        clock.now += SECONDS / 2 + 1
        assert not second.hold()
        clock.now += SECONDS
        assert not first.is_held()
        assert second.hold()
        assert not first.hold()

    def test_a_released_lease_is_free_at_once(self) -> None:
        clock = Clock()
        first, second = (ScalerLease("faces", name, clock) for name in ("a", "b"))
        first.hold()

        first.release()

        assert second.hold()

    def test_systems_do_not_share_a_lease(self) -> None:
        clock = Clock()

        assert ScalerLease("faces", "a", clock).hold()
        assert ScalerLease("others", "b", clock).hold()

    @pytest.mark.django_db(transaction=True)
    def test_of_many_that_start_at_once_one_holds_it(self) -> None:
        clock = Clock()
        barrier = threading.Barrier(6)
        held: list[bool] = []

        def take(name: str) -> None:
            barrier.wait(10)
            held.append(ScalerLease("faces", name, clock).hold())
            connection.close()

        threads = [threading.Thread(target=take, args=(str(n),)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

        assert sorted(held) == [False] * 5 + [True]


def observation(now: float, outstanding: int) -> Observation:
    busy = Instance(id="i-1", phase=Phase.READY, launched_at=now - 100, last_busy_at=now - 1)
    return Observation(
        now=now, visible=outstanding, in_flight=0, outstanding=outstanding, arrived=0,
        instances=(busy,),
    )  # fmt: skip


def recorded(looks: int, limits: Limits, outstanding: int = 500) -> list[RecordedDecision]:
    """A short history, recorded as the loop records it."""
    history, state, made = StoredHistory("me"), State(), []
    for number in range(looks):
        seen = observation(NOW.timestamp() + number * 2, outstanding)
        before = state
        decision, state = decide(seen, before, limits)
        step = RecordedDecision(observation=seen, state=before, limits=limits, decision=decision)
        history.record(step)
        made.append(step)
    return made


class TestAdmin:
    def test_the_admin_shows_decisions_in_words(self, admin_client: Client) -> None:
        recorded(10, Limits(maximum=5))

        page = admin_client.get(reverse("admin:scaler_look_changelist"))

        assert page.status_code == 200
        assert "pictures of" in page.content.decode()  # a reason in words

    def test_the_admin_shows_instances(self, admin_client: Client) -> None:
        recorded(1, Limits(maximum=5))

        page = admin_client.get(reverse("admin:scaler_lifeline_changelist"))

        assert "i-1" in page.content.decode()
