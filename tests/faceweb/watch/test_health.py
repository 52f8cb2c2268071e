"""Strangers may ask whether the system is well: that costs one look at a time, and tells little."""

from __future__ import annotations

import asyncio

import pytest
from django.test import AsyncClient

from faceweb.watch import health, operations
from faceweb.watch.health import Looks, Parts
from tests.support.factories import make_settings


class Storage:
    """Answers when a test lets it, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.answers = asyncio.Event()

    async def look(self) -> Parts:
        self.asked += 1
        await self.answers.wait()
        return {"database": "ok"}


async def test_all_who_ask_meanwhile_or_soon_after_get_the_same_look() -> None:
    storage = Storage()
    looks = Looks(storage.look)
    asking = [asyncio.create_task(looks.parts()) for _ in range(50)]
    await asyncio.sleep(0)
    storage.answers.set()

    assert await asyncio.gather(*asking, looks.parts()) == [{"database": "ok"}] * 51
    assert storage.asked == 1


async def test_an_old_look_is_not_given_and_a_client_that_leaves_ends_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(health, "KEPT_SECONDS", 0.0)
    storage = Storage()
    looks = Looks(storage.look)
    left, stays = (asyncio.create_task(looks.parts()) for _ in range(2))
    await asyncio.sleep(0)
    left.cancel()
    storage.answers.set()

    assert await stays == await looks.parts() == {"database": "ok"}
    assert storage.asked == 2


@pytest.mark.django_db
@pytest.mark.database
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.parametrize("are_keys_required", [True, False])
async def test_strangers_are_told_which_part_fails_and_not_how(
    path: str, are_keys_required: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_settings(require_api_key=are_keys_required)
    monkeypatch.setattr(operations, "get_settings", lambda: settings)
    monkeypatch.setattr(operations, "looks", Looks(operations._look))
    broken = {"database": 'OperationalError: host "10.0.0.7"', "in-bucket": "ok"}
    monkeypatch.setattr(operations, "check_health", lambda _: dict(broken))

    answer = await AsyncClient().get(path)

    assert answer.status_code == 503
    assert answer.json()["parts"]["in-bucket"] == "ok"
    assert ("10.0.0.7" in answer.content.decode()) is not are_keys_required
    assert answer.json()["parts"]["database"] != "ok"
