"""Whose word about a client counts."""

from __future__ import annotations

from typing import Any

import pytest

from faceweb.middleware.proxies import TrustedProxies
from foundation.config import ConfigurationError, load_settings
from tests.support.factories import make_settings

PROXIES = TrustedProxies.parsed("10.0.0.0/8, 192.0.2.7,2001:db8::/32")


def seen(peer: str, *headers: tuple[str, str], proxies: TrustedProxies = PROXIES) -> Any:
    given = [(b"host", b"inner:8000"), *((n.encode(), v.encode()) for n, v in headers)]
    scope = {"client": (peer, 4711), "scheme": "http", "headers": given}
    return proxies.seen_through(scope)


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("10.1.1.1", "203.0.113.5", "203.0.113.5"),
        ("10.1.1.1", "203.0.113.5, 10.2.2.2", "203.0.113.5"),
        ("10.1.1.1", "198.51.100.1, 203.0.113.5", "203.0.113.5"),  # the first is hearsay
        ("10.1.1.1", "203.0.113.5:55000", "203.0.113.5"),
        ("10.1.1.1", "[2001:db9::5]:55000, 10.2.2.2", "2001:db9::5"),
        ("10.1.1.1", "2001:db8::1, 10.2.2.2", "2001:db8::1"),  # proxies to the end
        ("::ffff:10.1.1.1", "203.0.113.5", "203.0.113.5"),
        ("10.1.1.1", "::ffff:203.0.113.5", "203.0.113.5"),
        ("10.1.1.1", "<script>, 10.2.2.2", "10.2.2.2"),
        ("10.1.1.1", "unknown", "10.1.1.1"),
        ("10.1.1.1", "", "10.1.1.1"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("192.0.2.8", "198.51.100.1", "192.0.2.8"),
        ("192.0.2.7", "198.51.100.1", "198.51.100.1"),
    ],
)
def test_the_client_is_the_nearest_that_is_no_proxy(peer: str, forwarded: str, client: str) -> None:
    assert seen(peer, ("x-forwarded-for", forwarded))["client"][0] == client


def test_headers_that_came_twice_are_one_list() -> None:
    said = (("x-forwarded-for", "198.51.100.1"), ("x-forwarded-for", "203.0.113.5"))

    assert seen("10.1.1.1", *said)["client"][0] == "203.0.113.5"


@pytest.mark.parametrize(
    ("peer", "said", "scheme"),
    [
        ("10.1.1.1", "https", "https"),
        ("10.1.1.1", "http, https", "https"),
        ("10.1.1.1", "gopher", "http"),
        ("203.0.113.9", "https", "http"),
    ],
)
def test_https_is_believed_of_a_trusted_proxy_alone(peer: str, said: str, scheme: str) -> None:
    assert seen(peer, ("x-forwarded-proto", said))["scheme"] == scheme


@pytest.mark.parametrize(
    ("peer", "host"), [("10.1.1.1", b"faces.example"), ("203.0.113.9", b"inner:8000")]
)
def test_the_host_is_believed_of_a_trusted_proxy_alone(peer: str, host: bytes) -> None:
    headers = seen(peer, ("x-forwarded-host", "faces.example"))["headers"]

    assert [value for name, value in headers if name == b"host"] == [host]


def test_by_default_nobody_is_trusted() -> None:
    nobody = TrustedProxies.parsed(make_settings().trusted_proxies)

    assert seen("127.0.0.1", ("x-forwarded-for", "1.2.3.4"), proxies=nobody)["client"] == (
        "127.0.0.1",
        4711,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRUSTED_PROXIES", "10.0.0.0/8,load-balancer"),
        ("CSRF_TRUSTED_ORIGINS", "portal.example"),
    ],
)
def test_a_wrong_value_is_told_at_the_start(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(ConfigurationError, match=name):
        load_settings()
