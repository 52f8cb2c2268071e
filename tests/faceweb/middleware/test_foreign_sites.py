"""What a page of another site has a browser send."""

from __future__ import annotations

import pytest

from faceweb.middleware.foreign_sites import comes_from_elsewhere

HOST = "localhost:8000"
TRUSTED = ["https://portal.example"]


@pytest.mark.parametrize(
    ("fetch_site", "origin", "foreign"),
    [
        (None, None, False),  # no browser
        ("same-origin", "http://localhost:8000", False),
        ("none", None, False),  # the user typed the address
        ("cross-site", "https://evil.example", True),
        ("cross-site", "null", True),
        ("cross-site", None, True),
        ("same-site", "http://localhost:3000", True),  # another program's page on this machine
        ("cross-site", "https://portal.example", False),
        (None, "http://localhost:8000", False),  # an older browser, or plain http
        (None, "http://LOCALHOST:8000", False),
        (None, "http://localhost:3000", True),
        (None, "http://evil.example", True),
        (None, "http://localhost:8000.evil.example", True),
        (None, "null", True),
        (None, "", True),
        (None, "https://portal.example", False),
        (None, "http://portal.example", True),
    ],
)
def test_it_is_told_by_what_browsers_always_say(
    fetch_site: str | None, origin: str | None, foreign: bool
) -> None:
    assert comes_from_elsewhere(fetch_site, origin, HOST, TRUSTED) is foreign
