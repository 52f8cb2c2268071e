"""Pages while S3 is away: a sentence and 503, and no traceback in the log."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from django.test import Client

from faceweb.pages import access, people
from tests.support.factories import make_settings

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


@pytest.mark.parametrize("path", ["/people/1", "/people/1/picture"])
def test_storage_that_is_away_is_said(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> Any:
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1:9")

    monkeypatch.setattr(people, "subjects", away)

    answer = Client().get(path)

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "Storage does not answer" in answer.content.decode()


@pytest.fixture
def hanging() -> Iterator[str]:
    """The address of an S3 that takes connections, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[socket.socket] = []
        stop = threading.Event()

        def hold() -> None:
            server.settimeout(0.05)
            while not stop.is_set():
                with suppress(TimeoutError):
                    held.append(server.accept()[0])

        thread = threading.Thread(target=hold)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        stop.set()
        thread.join()
        for connection in held:
            connection.close()


def test_storage_that_hangs_is_said_in_time(hanging: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page answers, while the thread behind it still waits for S3."""
    settings = make_settings(aws_endpoint_url=hanging)
    monkeypatch.setattr(people, "get_settings", lambda: settings)
    monkeypatch.setattr(access, "LOOK_SECONDS", 0.2)

    answer = Client().get("/people/1", headers={"accept": "text/html"})

    assert answer.status_code == 503
    assert "Storage does not answer" in answer.content.decode()


@pytest.mark.parametrize(("programs", "seconds"), [(0, 4.5), (2, 4.5), (4, 9.0), (99, 27.0)])
def test_a_look_is_answered_within_five_seconds_unless_the_machine_is_busy(
    programs: float, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access.os, "getloadavg", lambda: (programs, 0.0, 0.0))
    monkeypatch.setattr(access.os, "cpu_count", lambda: 2)

    assert access.patience(access.LOOK_SECONDS) == seconds
