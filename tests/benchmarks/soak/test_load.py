"""The load of a soak."""

from __future__ import annotations

import asyncio

import pytest

from benchmarks.soak import load
from benchmarks.soak.load import MOST_WAITING, SteadyLoad
from benchmarks.system.clients import Exchange


class OnePicture:
    def take(self, count: int) -> dict[str, bytes]:
        return {"one": b"picture"}


async def test_a_system_that_stands_still_is_not_sent_more_and_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    due = 100

    async def answered_when_all_were_due(port: int, filename: str, content: bytes) -> Exchange:
        while steady.traffic.sent + steady.traffic.left_out < due:  # noqa: ASYNC110 - counts
            await asyncio.sleep(0.001)
        answer = f"{filename}:Ada"
        return Exchange(filename=filename, status=200, text=answer, job_path="", seconds=1.0)

    monkeypatch.setattr(load, "post", answered_when_all_were_due)
    steady = SteadyLoad(0, OnePicture())  # type: ignore[arg-type]

    await steady.keep_up(per_second=1000.0, seconds=due / 1000.0)

    assert steady.traffic.sent == steady.traffic.answered == MOST_WAITING
    assert steady.traffic.left_out == due - MOST_WAITING
