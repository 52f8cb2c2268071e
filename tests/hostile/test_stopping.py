"""A stop of the server while clients wait: each learns where its answer will be."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator

import pytest

from faceweb.models import Job
from faceweb.replies import stopping
from faceweb.replies.stopping import before_stop
from faceweb.replies.waiters import Waiters
from faceweb.server.handler import HeadersFirst
from tests.faceweb.conftest import waiters  # noqa: F401 - a fixture
from tests.faceweb.exchange import Exchange, form
from tests.faceweb.test_memory import sent, until  # noqa: F401 - a fixture
from tests.support.factories import picture_bytes

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_client_that_waits_gets_503_with_its_job_s_address(
    waiters: Waiters,  # noqa: F811
    sent: list[Job],  # noqa: F811
) -> None:
    answer = asyncio.create_task(Exchange(form(picture_bytes())).with_handler(HeadersFirst()))
    await until(lambda: len(sent) == 1)

    waiters.give_up()

    status, headers, body = await answer
    where = f"http://localhost/jobs/{sent[0].pk}"
    assert (status, dict(headers)[b"Location"]) == (503, where.encode())
    assert where in body.decode()


async def test_the_api_says_where_the_answer_will_be(
    waiters: Waiters,  # noqa: F811
    sent: list[Job],  # noqa: F811
) -> None:
    waiters.give_up()  # also for who comes in the last seconds

    exchange = Exchange(form(picture_bytes(), fields=["picture"]), path="/api/v1/recognise")
    status, _, body = await exchange.with_handler(HeadersFirst())

    await until(lambda: len(sent) == 1)  # a task goes once its client is told
    assert status == 202 and str(sent[0].pk) in body.decode()


@pytest.fixture
def heard() -> Iterator[list[int]]:
    """The signals that the server's own handlers hear."""
    heard: list[int] = []
    before = {one: signal.getsignal(one) for one in stopping.SIGNALS}
    for one in stopping.SIGNALS:
        signal.signal(one, lambda number, _: heard.append(number))
    yield heard
    for one, handler in before.items():
        signal.signal(one, handler)


@pytest.mark.parametrize("number", stopping.SIGNALS)
async def test_a_signal_reaches_the_server_and_then_those_who_wait(
    number: signal.Signals, heard: list[int]
) -> None:
    given_up = asyncio.Event()
    before_stop(given_up.set, seconds=0.01)

    os.kill(os.getpid(), number)

    await asyncio.wait_for(given_up.wait(), 5)
    assert heard == [number]
