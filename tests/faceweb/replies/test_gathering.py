"""Things of a burst are done together, and none is done twice or forgotten."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest
from structlog.testing import capture_logs

from faceweb.replies import gathering, threads
from faceweb.replies.gathering import ENOUGH, FEW_CLIENTS, Gathering

pytestmark = pytest.mark.django_db(transaction=True)


class Acts:
    """What was done, in which parts."""

    def __init__(self) -> None:
        self.parts: list[list[int]] = []
        self.refused: list[int] = []
        self.done = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def __call__(self, things: Sequence[int]) -> None:
        self.parts.append(list(things))
        self._loop.call_soon_threadsafe(self.done.set)


async def parts_of(came: Sequence[Sequence[int]], waiting: int) -> list[list[int]]:
    """Add things in turns of the loop, and tell in which parts they were done."""
    acts = Acts()
    gathered = Gathering(acts, lambda: waiting, acts.refused.append)
    task = asyncio.create_task(gathered.run())
    for things in came:
        gathered.add(*things)
        await asyncio.sleep(0)
    await asyncio.wait_for(acts.done.wait(), 20)
    task.cancel()
    return acts.parts


async def test_things_gather_while_many_clients_wait() -> None:
    assert await parts_of([[1], [2], [3]], FEW_CLIENTS + 1) == [[1, 2, 3]]


@pytest.mark.parametrize(
    ("waiting", "count"), [(FEW_CLIENTS, 1), (FEW_CLIENTS + 1, ENOUGH)], ids=["few", "enough"]
)
async def test_few_clients_and_things_enough_are_not_kept_waiting(
    waiting: int, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "GATHERING_SECONDS", 3600.0)

    assert await parts_of([range(count)], waiting) == [list(range(count))]


async def test_what_is_too_much_is_refused_and_the_rest_is_done() -> None:
    acts = Acts()
    gathered = Gathering(acts, lambda: 0, acts.refused.append, most=2)

    gathered.add(1, 2, 3)
    gathered.add(4)
    await gathered.do_now()

    assert (acts.parts, acts.refused) == ([[1, 2]], [3, 4])


async def test_a_thousand_may_wait_and_no_more() -> None:
    acts = Acts()

    Gathering(acts, lambda: 0, acts.refused.append).add(*range(1002))

    assert acts.refused == [1000, 1001]


async def test_what_another_thread_adds_is_done() -> None:
    acts = Acts()
    gathered = Gathering(acts, lambda: 0, acts.refused.append)
    task = asyncio.create_task(gathered.run())

    await asyncio.to_thread(gathered.add_from_thread, 1, 2)
    await asyncio.wait_for(acts.done.wait(), 20)

    task.cancel()
    assert acts.parts == [[1, 2]]


async def test_things_are_done_in_a_thread_that_cares_for_its_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its name says in a debugger what it is for."""
    cared: list[str] = []
    monkeypatch.setattr(
        threads, "close_old_connections", lambda: cared.append(threading.current_thread().name)
    )
    acts = Acts()
    gathered = Gathering(acts, lambda: 0, acts.refused.append)

    gathered.add(1)
    await gathered.do_now()

    assert cared == ["gathering_0", "gathering_0"]


async def test_no_two_parts_are_done_at_once() -> None:
    second_began, together = threading.Event(), []

    def act(things: Sequence[int]) -> None:
        if things == [2]:
            second_began.set()
        else:
            together.append(second_began.wait(0.2))

    gathered = Gathering(act, lambda: 0, lambda _: None)

    gathered.add(1)
    first = asyncio.create_task(gathered.do_now())
    await asyncio.sleep(0)
    gathered.add(2)
    await asyncio.gather(first, gathered.do_now())

    assert together == [False] and second_began.is_set()


async def test_what_fails_is_logged_and_the_next_is_done() -> None:
    parts: list[Sequence[int]] = []

    def act(things: Sequence[int]) -> None:
        parts.append(things)
        if len(parts) == 1:
            raise ValueError("no")

    gathered = Gathering(act, lambda: 0, lambda _: None)

    with capture_logs() as lines:
        for thing in (1, 2):
            gathered.add(thing)
            await gathered.do_now()

    assert parts == [[1], [2]]
    assert lines == [
        {"event": "gathered_not_done", "error": "ValueError: no", "log_level": "error"}
    ]


async def test_nothing_is_done_where_nothing_came() -> None:
    acts = Acts()

    await Gathering(acts, lambda: 0, acts.refused.append).do_now()

    assert acts.parts == []


async def test_a_loop_that_has_ended_takes_nothing_and_raises_nothing() -> None:
    acts = Acts()

    def made() -> Gathering[int]:
        async def make() -> Gathering[int]:
            return Gathering(acts, lambda: 0, acts.refused.append)

        return asyncio.run(make())

    gathered = await asyncio.to_thread(made)

    gathered.add_from_thread(1)

    assert acts.parts == acts.refused == []
