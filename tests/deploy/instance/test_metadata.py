"""What EC2 tells an instance, asked as IMDSv2 wants it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from deploy.instance.metadata import SPOT_ACTION, Metadata, MetadataUnseen
from localcloud.system.ports import free_port
from tests.deploy.instance.metadata_server import MetadataServer, metadata_server


@pytest.fixture
def server() -> Iterator[MetadataServer]:
    with metadata_server() as running:
        yield running


def test_id_and_tags_are_read_with_one_token(server: MetadataServer) -> None:
    server.texts["tags/instance/faceweb:wanted"] = "serve"
    metadata = Metadata(server.url)

    assert metadata.instance_id() == "i-1"
    assert metadata.tag("faceweb:wanted") == "serve"
    assert metadata.tag("faceweb:other") is None
    assert server.tokens_given == 1


def test_a_token_is_renewed_before_it_ends(server: MetadataServer) -> None:
    now = [0.0]
    metadata = Metadata(server.url, clock=lambda: now[0])
    metadata.instance_id()

    now[0] = 4 * 3600.0
    metadata.instance_id()

    assert server.tokens_given == 2


def test_an_interruption_is_seen(server: MetadataServer) -> None:
    metadata = Metadata(server.url)
    assert not metadata.will_be_interrupted()

    server.texts[SPOT_ACTION] = '{"action": "terminate", "time": "2026-01-01T00:00:00Z"}'

    assert metadata.will_be_interrupted()


def test_what_does_not_answer_is_unseen(server: MetadataServer) -> None:
    server.is_broken = True

    with pytest.raises(MetadataUnseen, match="answered 500"):
        Metadata(server.url).instance_id()
    with pytest.raises(MetadataUnseen, match="does not answer"):
        Metadata(f"http://127.0.0.1:{free_port()}").instance_id()


def test_an_answer_that_is_no_http_is_unseen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(10_000)
                connection.sendall(b"this is no HTTP\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(MetadataUnseen, match="does not answer"):
            Metadata(f"http://127.0.0.1:{server.getsockname()[1]}").instance_id()
        thread.join()


def test_an_instance_without_an_id_is_none(server: MetadataServer) -> None:
    del server.texts["instance-id"]

    with pytest.raises(MetadataUnseen, match="no instance id"):
        Metadata(server.url).instance_id()
