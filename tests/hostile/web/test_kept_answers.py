"""Answers that are kept for a key: given to that key alone, while it is valid."""

from __future__ import annotations

import uuid

import pytest

from tests.hostile.web.conftest import Site
from tests.hostile.web.sending import form, post
from tests.hostile.web.servers import Answer

pytestmark = pytest.mark.system


def replayed(site: Site, key: str, name: str, path: str = "/api/v1/recognise") -> Answer:
    headers = (f"X-API-Key: {site.keys.get(key, key)}", f"Idempotency-Key: {name}")
    return site.strict.ask(post(path, form(field=b"picture"), *headers))


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("replaying", "revoked_at = '2020-01-01 00:00:00'"),
        ("expiring", "expires_at = '2020-01-01 00:00:00'"),
    ],
)
def test_a_kept_answer_is_not_given_to_a_key_that_is_no_longer_valid(
    site: Site, key: str, change: str
) -> None:
    assert replayed(site, key, "once").status == 415
    again = replayed(site, key, "once")
    assert (again.status, again.header("Idempotency-Replayed")) == (415, "true")

    site.rows(f"UPDATE faceweb_apikey SET {change} WHERE name = '{key}'")  # noqa: S608 - ours

    assert replayed(site, key, "once").status == 401


def test_a_kept_answer_counts_against_the_keys_rate(site: Site) -> None:
    statuses = [replayed(site, "busy", "again").status for _ in range(4)]

    assert 429 in statuses  # at most two of four fall into a new minute


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("efr_made_up", "/api/v1/recognise"),
        ("revoked", "/api/v1/recognise"),
        ("good", "/api/v1/made-up"),
        ("good", "/api/made-up"),
    ],
)
def test_nothing_is_kept_for_strangers_or_made_up_addresses(
    site: Site, key: str, path: str
) -> None:
    kept = "SELECT count(*) FROM faceweb_idempotentanswer"
    before = site.rows(kept)

    assert replayed(site, key, str(uuid.uuid4()), path).status in (401, 404)
    assert site.rows(kept) == before
