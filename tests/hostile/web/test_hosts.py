"""Which host and which address a request counts for, by itself and by what a proxy says."""

from __future__ import annotations

import pytest

from tests.hostile.web.conftest import Site
from tests.hostile.web.sending import AN_ID, get
from tests.hostile.web.servers import PROXY

pytestmark = pytest.mark.system


@pytest.mark.parametrize("host", [b"evil.example", b"127.0.0.1.evil.example", b"10.0.0.7"])
@pytest.mark.parametrize("path", ["/", "/api/v1/jobs", "/people", "/metrics"])
def test_a_name_that_was_bound_to_our_address_is_not_ours(
    site: Site, host: bytes, path: str
) -> None:
    assert site.open.ask(get(path, host=b"Host: " + host + b"\r\n")).status == 400


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
def test_health_is_told_to_any_host(site: Site, path: str, method: bytes) -> None:
    for server in (site.strict, site.open):
        request = get(path, host=b"Host: 10.0.0.7:8000\r\n").replace(b"GET", method, 1)
        with server.connect() as connection:
            connection.sendall(request)
            head = connection.recv(65536)
        assert head.startswith(b"HTTP/1.1 503")  # there is no storage here


@pytest.mark.parametrize(
    ("source", "forwarded", "status"),
    [
        ("127.0.0.1", "203.0.113.5", 401),  # anybody can say so
        (PROXY, "203.0.113.5", 404),
        (PROXY, "198.51.100.1, 203.0.113.5", 404),
        (PROXY, "203.0.113.5, 198.51.100.1", 401),
        (PROXY, "203.0.113.5, 127.0.0.1", 401),
        (PROXY, "203.0.113.5 evil", 401),
        (PROXY, "", 401),
    ],
)
def test_a_forwarded_address_counts_from_a_trusted_proxy_alone(
    site: Site, source: str, forwarded: str, status: int
) -> None:
    """The key is for addresses of 203.0.113.0/24."""
    said = (f"X-API-Key: {site.keys['bound']}", f"X-Forwarded-For: {forwarded}")

    assert site.strict.ask(get(f"/jobs/{AN_ID}", *said), source).status == status


@pytest.mark.parametrize(
    ("source", "host", "forwarded", "status"),
    [
        ("127.0.0.1", b"evil.example", "localhost", 400),
        ("127.0.0.1", b"localhost", "evil.example", 401),
        (PROXY, b"evil.example", "localhost", 401),
        (PROXY, b"localhost", "evil.example", 400),
        (PROXY, b"localhost", "evil.example, localhost", 401),
    ],
)
def test_a_forwarded_host_counts_from_a_trusted_proxy_alone(
    site: Site, source: str, host: bytes, forwarded: str, status: int
) -> None:
    request = get("/metrics", f"X-Forwarded-Host: {forwarded}", host=b"Host: " + host + b"\r\n")

    assert site.strict.ask(request, source).status == status
