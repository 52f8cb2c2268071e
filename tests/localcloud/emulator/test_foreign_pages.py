"""No page in a browser of this machine reads or changes what the emulator holds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from localcloud.emulator.emulator_process import answers, emulator, wait_until
from localcloud.emulator.foreign_pages import is_of_a_page
from localcloud.system.ports import free_port
from localcloud.system.processes import stop_all


@pytest.mark.parametrize(
    ("headers", "is_page"),
    [
        ({"HTTP_HOST": "127.0.0.1:5000"}, False),
        ({"HTTP_HOST": "[::1]:5000"}, False),
        ({"HTTP_HOST": "localhost:5000"}, False),
        ({"HTTP_HOST": "aws:5000"}, False),
        ({}, False),
        ({"HTTP_HOST": "evil.example:5000"}, True),
        ({"HTTP_HOST": "127.0.0.1.evil.example"}, True),
        ({"HTTP_HOST": "[evil"}, True),
        ({"HTTP_HOST": "localhost:5000", "HTTP_ORIGIN": "https://evil.example"}, True),
        ({"HTTP_HOST": "localhost:5000", "HTTP_ORIGIN": "null"}, True),
        ({"HTTP_HOST": "localhost:5000", "HTTP_SEC_FETCH_SITE": "cross-site"}, True),
    ],
)
def test_pages_are_told_from_programs(headers: dict[str, str], is_page: bool) -> None:
    assert is_of_a_page(headers) is is_page


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    port = free_port()
    child = emulator(port, dict(os.environ), tmp_path / "emulator.log", tmp_path / "kept")
    child.start()
    try:
        wait_until(child, lambda: answers(f"http://127.0.0.1:{port}"), 60)
        yield f"http://127.0.0.1:{port}/"
    finally:
        stop_all([child], seconds=5)


@pytest.mark.system
def test_the_emulator_gives_a_page_nothing_and_takes_nothing_of_it(url: str) -> None:
    assert httpx.put(f"{url}faces").is_success
    page = {"Origin": "https://evil.example"}
    asked = {"Access-Control-Request-Method": "PUT"}

    for answer in (
        httpx.get(f"{url}faces", headers=page),
        httpx.put(f"{url}faces/manifest.json", headers=page, content=b"evil"),
        httpx.options(f"{url}faces/manifest.json", headers=page | asked),
        httpx.get(f"{url}faces", headers={"Host": "evil.example"}),
    ):
        assert answer.status_code == 403
        assert "Access-Control-Allow-Origin" not in answer.headers

    assert "manifest.json" not in httpx.get(f"{url}faces").text
