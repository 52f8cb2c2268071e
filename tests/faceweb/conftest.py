"""What several tests of the web tier stand on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace

import pytest

from faceweb.intake import pause
from faceweb.intake.writing import writing
from faceweb.replies import response_path
from faceweb.replies.waiters import Waiters


@pytest.fixture(autouse=True)
def nothing_seen_of_the_intake(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test saw of the operator's orders is nothing to the next."""
    monkeypatch.setattr(pause, "_seen", pause._Seen())


@pytest.fixture
async def waiters(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Waiters]:
    """A response path of waiters only: clients may wait, and the test answers them."""
    waiters = Waiters()
    entries = writing(waiters.count)
    path = SimpleNamespace(waiters=waiters, entries=entries)
    monkeypatch.setattr(response_path, "running", lambda: path)
    writer = asyncio.create_task(entries.run())
    yield waiters
    writer.cancel()
