"""Background work, which outlives what fails: errors, and a database that was restarted."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator

import pytest
from django.db import OperationalError, connection

from faceweb.replies import patience
from faceweb.replies.threads import THREADS, background, repeat, run_in_thread, run_steps

A_MOMENT = 0.01
PATIENCE_SECONDS = 20.0


@pytest.fixture
def repeated() -> Iterator[Callable[[Callable[[], object]], None]]:
    """Does work again and again in a separate thread, until the test ends."""
    stop, threads = threading.Event(), []

    def start(work: Callable[[], object]) -> None:
        threads.append(
            background("test", lambda stop: repeat(work, A_MOMENT, stop, "failed"), stop)
        )

    yield start
    stop.set()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()


def test_work_that_fails_is_done_again(repeated: Callable[[Callable[[], object]], None]) -> None:
    rounds, enough = [], threading.Event()

    def work() -> None:
        rounds.append(1)
        if len(rounds) >= 3:
            enough.set()
        raise ValueError("not today")

    repeated(work)
    assert enough.wait(PATIENCE_SECONDS)


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_a_connection_that_the_database_closed_is_made_anew(
    repeated: Callable[[Callable[[], object]], None],
) -> None:
    """As a restart of PostgreSQL closes it, while a thread waits for its next round."""
    if connection.vendor != "postgresql":
        pytest.skip("only a server closes connections")
    answers: list[str] = []
    enough = threading.Event()

    def work() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            answers.append("answered")
            if len(answers) >= 2:
                enough.set()
                return
            with pytest.raises(OperationalError):
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    repeated(work)
    assert enough.wait(PATIENCE_SECONDS), "it kept the connection that was closed"


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
async def test_connections_are_as_many_as_threads_whatever_comes() -> None:
    """docs/operations.md counts with it."""
    if connection.vendor != "postgresql":
        pytest.skip("only a server counts connections")

    def process() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            return int(cursor.fetchone()[0])

    backends = await asyncio.gather(*(run_in_thread(process) for _ in range(60)))

    assert 0 < len(set(backends)) <= THREADS == 8


@pytest.mark.django_db(transaction=True)
async def test_work_that_waits_for_a_thread_is_not_late_and_a_step_that_hangs_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As in a burst: all threads are taken for longer than a step may last."""
    monkeypatch.setattr(patience, "STEP_SECONDS", 0.3)
    monkeypatch.setattr(patience, "MOST_PATIENCE", 1.0)
    release, taken = threading.Event(), threading.Barrier(THREADS + 1)

    def occupy() -> None:
        taken.wait(PATIENCE_SECONDS)
        release.wait(PATIENCE_SECONDS)

    def step(hangs: bool) -> str:
        patience.step_begins()
        if hangs:
            never.wait(PATIENCE_SECONDS)
        return "stored"

    never = threading.Event()
    busy = [asyncio.create_task(run_in_thread(occupy)) for _ in range(THREADS)]
    await asyncio.to_thread(taken.wait, PATIENCE_SECONDS)
    waiting = asyncio.create_task(run_steps(step, False))
    await asyncio.sleep(0.4)
    release.set()

    assert await waiting == "stored"
    with pytest.raises(TimeoutError):
        await run_steps(step, True)
    never.set()
    await asyncio.gather(*busy)


@pytest.mark.django_db(transaction=True)
async def test_a_page_does_not_wait_for_work_that_hangs_before_its_first_step() -> None:
    """A page waits from the moment that it asks for a thread."""
    never = threading.Event()
    token = patience.step_seconds.set(0.05)

    work = asyncio.create_task(run_steps(never.wait, PATIENCE_SECONDS))
    ended, _ = await asyncio.wait([work], timeout=PATIENCE_SECONDS / 4)
    never.set()
    patience.step_seconds.reset(token)

    assert ended and isinstance(work.exception(), TimeoutError)


@pytest.mark.django_db(transaction=True)
async def test_work_that_a_page_no_longer_waits_for_learns_that_it_is_late() -> None:
    """It may be in the middle of a step that is in time by itself."""
    never, learned = threading.Event(), threading.Event()

    def work() -> None:
        patience.step_begins()
        never.wait(PATIENCE_SECONDS)
        with pytest.raises(TimeoutError, match="nobody waits"):
            patience.step_begins()
        learned.set()

    token = patience.step_seconds.set(0.05)
    with pytest.raises(TimeoutError):
        await run_steps(work)
    patience.step_seconds.reset(token)
    never.set()

    assert await asyncio.to_thread(learned.wait, PATIENCE_SECONDS)
