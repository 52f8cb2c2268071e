"""Who has no valid key sends no body and reads nothing."""

from __future__ import annotations

import pytest

from tests.hostile.web.conftest import Site
from tests.hostile.web.sending import AN_ID, announced, form, get, post

pytestmark = pytest.mark.system

KEYED = {
    "/": 401,
    "/videos": 401,
    "/recognise": 403,
    "/api/v1/recognise": 401,
    "/api/v1/recognise/batch": 401,
    "/api/v1/detect": 401,
    "/api/v1/verify": 401,
    "/api/v1/videos": 401,
    "/api/v1/subjects": 401,
}


@pytest.mark.parametrize("path", KEYED)
def test_without_a_key_a_body_is_not_even_asked_for(site: Site, path: str) -> None:
    answer = site.strict.ask(announced(path))

    assert answer.status == KEYED[path]
    assert answer.header("Connection") == "close"


@pytest.mark.parametrize("path", ["/made-up", "/api/v1/made-up", "/api/made-up", "/static/made-up"])
def test_nor_for_an_address_that_is_made_up(site: Site, path: str) -> None:
    for server in (site.open, site.strict):
        assert server.ask(announced(path)).status == 404


@pytest.mark.parametrize("path", ["/", "/videos", "/api/v1/recognise"])
@pytest.mark.parametrize("key", ["unknown", "revoked", "expired", "bound"])
def test_nor_with_a_key_that_is_not_valid(site: Site, path: str, key: str) -> None:
    secret = site.keys.get(key, "efr_made_up")

    assert site.strict.ask(announced(path, f"X-API-Key: {secret}")).status == 401


@pytest.mark.parametrize("path", ["/", "/videos", "/api/v1/recognise"])
def test_with_a_good_key_it_is_asked_for(site: Site, path: str) -> None:
    answer = site.strict.ask(announced(path, f"Authorization: Bearer {site.keys['good']}"))

    assert answer.status == 100


def test_a_key_without_the_scope_may_not(site: Site) -> None:
    answer = site.strict.ask(post("/", form(), f"X-API-Key: {site.keys['blind']}"))

    assert (answer.status, "scope" in answer.body) == (403, True)


def test_a_wrong_key_is_refused_also_where_none_is_needed(site: Site) -> None:
    assert site.open.ask(post("/", form(), "X-API-Key: efr_made_up")).status == 401


@pytest.mark.parametrize(
    ("path", "with_key"), [(f"/jobs/{AN_ID}", 404), (f"/videos/{AN_ID}", 404), ("/metrics", 403)]
)
def test_reading_asks_for_a_key_too(site: Site, path: str, with_key: int) -> None:
    assert site.strict.ask(get(path)).status == 401
    assert site.strict.ask(get(path, f"X-API-Key: {site.keys['good']}")).status == with_key
