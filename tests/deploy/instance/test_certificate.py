"""How long a certificate lasts: asked of a server that speaks TLS as Caddy does."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from deploy.management.commands.publishmetrics import days_left
from localcloud.system.ports import free_port
from tests.support.certificates import NAME, NOW, certificate


@dataclass(frozen=True)
class Shown:
    """A server's port, and who trusts its certificate."""

    port: int
    trust: ssl.SSLContext


@pytest.fixture
def shown(tmp_path: Path) -> Iterator[Shown]:
    file = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            try:
                context.wrap_socket(connection, server_side=True).close()
            except OSError:
                connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield Shown(server.getsockname()[1], ssl.create_default_context(cafile=str(file)))
        thread.join()


def test_the_days_to_its_end_are_told(shown: Shown) -> None:
    assert days_left(NAME, NOW, shown.port, shown.trust) == 3650


def test_one_that_ended_has_no_days_left(shown: Shown) -> None:
    assert days_left(NAME, NOW + timedelta(days=4000), shown.port, shown.trust) == 0


def test_another_names_certificate_is_none(shown: Shown) -> None:
    assert days_left("other.example.org", NOW, shown.port, shown.trust) == 0


def test_one_that_nobody_signed_is_none(shown: Shown) -> None:
    assert days_left(NAME, NOW, shown.port) == 0


def test_without_a_server_there_is_none() -> None:
    assert days_left(NAME, NOW, free_port()) == 0
