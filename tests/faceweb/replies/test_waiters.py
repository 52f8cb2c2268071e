"""Clients that wait."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import Iterable, Sequence

from faceweb.replies.responses import JobOutcome
from faceweb.replies.waiters import Waiters


def outcome(job_id: uuid.UUID) -> JobOutcome:
    return JobOutcome(job_id=job_id, state="succeeded", result="Paul", error_kind="", error="")


async def test_a_waiter_is_woken_by_its_job_alone() -> None:
    waiters, mine, other = Waiters(), uuid.uuid4(), uuid.uuid4()
    with waiters.waiting_for(mine) as answer, waiters.waiting_for(other) as other_answer:
        waiters.wake([outcome(mine)])

        assert (await answer).result == "Paul"
        assert not other_answer.done()


async def test_two_clients_may_wait_for_one_job() -> None:
    waiters, job_id = Waiters(), uuid.uuid4()
    with waiters.waiting_for(job_id) as first, waiters.waiting_for(job_id) as second:
        waiters.wake([outcome(job_id)])

        assert (await first) == (await second)


async def test_an_answer_twice_or_for_nobody_changes_nothing() -> None:
    waiters, job_id = Waiters(), uuid.uuid4()
    with waiters.waiting_for(job_id) as answer:
        waiters.wake([outcome(job_id), outcome(job_id), outcome(uuid.uuid4())])
        assert (await answer).job_id == job_id
    waiters.wake([outcome(job_id)])


async def test_the_collectors_thread_wakes_a_waiter() -> None:
    waiters, job_id = Waiters(), uuid.uuid4()
    with waiters.waiting_for(job_id) as answer:
        threading.Thread(target=waiters.wake_from_thread, args=([outcome(job_id)],)).start()

        assert (await asyncio.wait_for(answer, 5)).result == "Paul"


async def test_an_answer_that_another_process_took_is_found_with_one_query_for_all() -> None:
    waiters, ids = Waiters(), [uuid.uuid4() for _ in range(50)]
    queries: list[Sequence[uuid.UUID]] = []

    async def find(asked: Sequence[uuid.UUID]) -> Iterable[JobOutcome]:
        queries.append(asked)
        return [outcome(job_id) for job_id in asked]

    watch = asyncio.create_task(waiters.watch_other_processes(find))
    contexts = [waiters.waiting_for(job_id) for job_id in ids]
    answers = [context.__enter__() for context in contexts]
    await asyncio.wait_for(asyncio.gather(*answers), 5)
    for context in contexts:
        context.__exit__(None, None, None)
    watch.cancel()

    assert len(queries) == 1
    assert set(queries[0]) == set(ids)


async def test_nobody_asks_the_database_while_nobody_waits() -> None:
    waiters = Waiters()

    async def find(asked: Sequence[uuid.UUID]) -> Iterable[JobOutcome]:
        raise AssertionError("asked without a waiter")

    with waiters.waiting_for(uuid.uuid4()):
        pass
    watch = asyncio.create_task(waiters.watch_other_processes(find))
    await asyncio.sleep(0.6)

    assert not watch.done()
    watch.cancel()


async def test_a_database_that_fails_once_does_not_end_the_watch() -> None:
    waiters, job_id, calls = Waiters(), uuid.uuid4(), 0

    async def find(asked: Sequence[uuid.UUID]) -> Iterable[JobOutcome]:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise ConnectionError("the database is away")
        return [outcome(job_id)]

    watch = asyncio.create_task(waiters.watch_other_processes(find))
    with waiters.waiting_for(job_id) as answer:
        assert (await asyncio.wait_for(answer, 5)).result == "Paul"
    watch.cancel()
