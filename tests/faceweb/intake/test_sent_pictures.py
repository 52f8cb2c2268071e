"""Pictures in JSON: base64, by URL, by key of a bucket. What is wrong is said at their reading."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpRequest

from faceweb.access.callers import Caller
from faceweb.intake.sent_pictures import sent_picture
from faceweb.intake.uploads import UploadRefused, check_bucket
from faceweb.models import Team
from faceweb.webhooks import fetching
from faceweb.webhooks.addresses import AddressRefused
from tests.support.factories import make_settings, picture_bytes
from tests.support.local_server import LocalServer, SilentHandler

PICTURE = picture_bytes()


class Site(LocalServer):
    """A web site on this machine. A path's content is bytes; a text is where it has moved to."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes | str] = {}
        site = self

        class Handler(SilentHandler):
            def do_GET(self) -> None:
                page = site.pages.get(self.path)
                moved = isinstance(page, str)
                self.send_response(404 if page is None else 302 if moved else 200)
                if isinstance(page, str):
                    self.send_header("Location", page)
                body = page if isinstance(page, bytes) else b""
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        super().__init__(Handler)


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


@pytest.mark.parametrize(
    "text",
    [
        base64.b64encode(PICTURE).decode(),
        base64.encodebytes(PICTURE).decode(),
        "data:image/jpeg;base64," + base64.b64encode(PICTURE).decode(),
    ],
    ids=["plain", "in lines", "data URL"],
)
def test_base64_is_read(text: str) -> None:
    sent = sent_picture(text, make_settings())

    assert sent.read() == PICTURE


def test_a_picture_may_bring_its_name() -> None:
    sent = sent_picture(
        {"name": "ann.jpg", "content": base64.b64encode(PICTURE).decode()}, make_settings()
    )

    assert (sent.name, sent.read()) == ("ann.jpg", PICTURE)


@pytest.mark.parametrize(
    ("value", "status", "words"),
    [
        ("not base64!", 422, "not base64"),
        (17, 422, "Send a picture as base64"),
        ({"url": 3}, 422, "Send a picture as base64"),
        ({"bucket": "", "key": "a.jpg"}, 422, "Send a picture as base64"),
        ({"bucket": "ours", "key": ""}, 422, "Send a picture as base64"),
        ("A" * 20_000_000, 413, "larger than 10 MiB"),
        ({"url": "file:///etc/passwd"}, 422, "must be a URL"),
        ({"url": "https://[::1"}, 422, "must be a URL"),
    ],
    ids=[
        "words",
        "number",
        "no address",
        "no bucket",
        "no key",
        "too long",
        "file",
        "half an address",
    ],
)
def test_what_is_wrong_is_said_when_it_is_read(value: object, status: int, words: str) -> None:
    sent = sent_picture(value, make_settings())

    with pytest.raises(UploadRefused, match=words) as refusal:
        sent.read()
    assert refusal.value.status == status


def test_a_picture_is_fetched_and_redirects_are_followed(site: Site) -> None:
    site.pages = {"/old/ann.jpg": "/new.jpg", "/new.jpg": PICTURE}
    settings = make_settings(webhook_private_addresses=True)

    sent = sent_picture({"url": f"{site.url}/old/ann.jpg"}, settings)

    assert (sent.name, sent.read()) == ("ann.jpg", PICTURE)


def test_addresses_of_this_network_are_not_called(site: Site) -> None:
    site.pages = {"/a.jpg": PICTURE}
    sent = sent_picture(
        {"url": f"{site.url}/a.jpg"}, make_settings(webhook_private_addresses=False)
    )

    with pytest.raises(UploadRefused, match="must begin with https"):
        sent.read()


def test_a_redirect_into_this_network_is_refused(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each place that an address leads to is checked as the first one is."""
    site.pages = {"/a.jpg": "http://169.254.169.254/latest/meta-data"}
    asked: list[str] = []
    real = fetching.checked_address

    def first_one_passes(url: str, allow_private: bool) -> Any:
        asked.append(url)
        return real(url, allow_private=url.startswith(site.url))

    monkeypatch.setattr(fetching, "checked_address", first_one_passes)

    with pytest.raises(AddressRefused):
        fetching.fetched(f"{site.url}/a.jpg", 1000, allow_private=False)
    assert asked[1:] == ["http://169.254.169.254/latest/meta-data"]


@pytest.mark.parametrize(
    ("pages", "words"),
    [
        ({"/a": b"x" * 1001}, "larger than"),
        ({"/a": "/a"}, "redirects more than 3 times"),
        ({}, "answered 404"),
    ],
    ids=["too large", "for ever", "missing"],
)
def test_what_can_not_be_fetched_says_why(site: Site, pages: Any, words: str) -> None:
    site.pages = pages

    with pytest.raises(fetching.NotFetched, match=words):
        fetching.fetched(f"{site.url}/a", 1000, allow_private=True)


@pytest.mark.django_db
def test_only_buckets_of_the_callers_own_may_be_named() -> None:
    settings = make_settings(picture_buckets="shared")
    team = Team.objects.create(name="red", s3_buckets="theirs, more")
    ours, theirs = HttpRequest(), HttpRequest()
    theirs.auth = Caller(name="key red", scopes=frozenset(), team=team.pk)  # type: ignore[attr-defined]

    check_bucket(ours, "shared", settings)
    check_bucket(theirs, "theirs", settings)
    for request, bucket in ((ours, "theirs"), (theirs, "shared"), (theirs, "secret")):
        with pytest.raises(UploadRefused, match="is not among"):
            check_bucket(request, bucket, settings)
