"""Two servers that all cases of this folder share: one asks for keys, one does not."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from localcloud.system.processes import stop_all
from tests.hostile.web.sending import END, HOST
from tests.hostile.web.servers import OPEN, STRICT, WebServer, prepared_keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Both servers, their database and their keys."""

    strict: WebServer
    open: WebServer
    keys: dict[str, str]
    database: Path

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        with sqlite3.connect(self.database, timeout=20) as connection:
            return connection.execute(statement).fetchall()


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("hostile")
    keys = prepared_keys(folder)
    strict, open_ = WebServer(folder, "strict", STRICT), WebServer(folder, "open", OPEN)
    for server in (strict, open_):
        server.child.start()
    try:
        for server in (strict, open_):
            server.wait()
        yield Site(strict=strict, open=open_, keys=keys, database=folder / "faceweb.sqlite3")
    finally:
        stop_all([strict.child, open_.child], seconds=5)


@pytest.fixture(autouse=True)
def still_serving(site: Site) -> Iterator[None]:
    """Whatever a client did, the next one is served, and nothing was our fault."""
    yield
    for server in (site.strict, site.open):
        assert server.ask(b"OPTIONS / HTTP/1.1\r\n" + HOST + END).status == 405
        assert "Traceback" not in server.child.log_file.read_text()
