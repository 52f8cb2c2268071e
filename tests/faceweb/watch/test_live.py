"""The fleet's live stream: one round for all, bounded, ended by leaving and by a stop."""

from __future__ import annotations

import asyncio
from itertools import count

import pytest

from faceweb.watch import live
from faceweb.watch.live import AWAY, FIRST, TooManyWatchers, Watchers


class Leaving:
    """The body of a request whose client leaves when it is told to."""

    def __init__(self) -> None:
        self.gone = asyncio.Event()

    async def client_leaves(self) -> None:
        await self.gone.wait()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "EVERY_SECONDS", 0.001)


def counting() -> Watchers:
    numbers = count(1)

    async def make() -> str:
        return str(next(numbers))

    return Watchers(make, most=2)


async def test_each_stream_gets_what_is_new_and_all_get_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live, "EVERY_SECONDS", 0.5)
    watchers = counting()
    one, other = watchers.open(None), watchers.open(None)

    assert [await anext(one), await anext(other)] == [FIRST, FIRST]
    assert await anext(one) == await anext(other) == b"data: 1\n\n"
    assert await anext(one) > b"data: 1\n\n"


async def test_nothing_is_made_while_nobody_watches() -> None:
    watchers = counting()
    stream = watchers.open(None)
    await anext(stream)
    await anext(stream)
    await stream.aclose()
    assert watchers.count == 0
    await asyncio.sleep(0.02)

    again = watchers.open(None)
    await anext(again)

    assert await anext(again) == b"data: 2\n\n"


async def test_one_too_many_is_refused_until_another_leaves() -> None:
    watchers, leaving = counting(), Leaving()
    streams = [watchers.open(leaving), watchers.open(None)]
    for stream in streams:
        await anext(stream)
    with pytest.raises(TooManyWatchers):
        watchers.open(None)

    leaving.gone.set()
    rest = [message async for message in streams[0]]

    assert all(message.startswith(b"data: ") for message in rest)
    assert watchers.count == 1
    watchers.open(None)


async def test_a_stop_ends_all_streams_and_takes_no_more() -> None:
    watchers = counting()
    stream = watchers.open(None)
    await anext(stream)

    watchers.close()

    assert len([message async for message in stream]) <= 1
    with pytest.raises(TooManyWatchers):
        watchers.open(None)


async def test_a_stream_ends_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LIFE_SECONDS", 0.05)

    messages = [message async for message in counting().open(None)]

    assert messages[0] == FIRST


async def test_an_outage_is_told_and_outlived() -> None:
    answers = iter([OSError("S3 is away"), "back"])

    async def make() -> str:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    stream = Watchers(make).open(None)

    assert [await anext(stream) for _ in range(3)] == [FIRST, AWAY, b"data: back\n\n"]
