"""What a browser sends: from our own pages it is taken, from another site's it is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest

from tests.hostile.web.conftest import Site
from tests.hostile.web.sending import AN_ID, form, get, post
from tests.hostile.web.servers import PASSWORD

pytestmark = pytest.mark.system


@pytest.fixture
def pages(site: Site) -> Iterator[Callable[..., httpx.Response]]:
    """Sends a large form to a page of the server that asks for logins, as a user's browser."""
    with ExitStack() as clients:

        def send(user: str, path: str, **headers: str) -> httpx.Response:
            address = f"http://127.0.0.1:{site.strict.port}"
            client = clients.enter_context(httpx.Client(base_url=address, timeout=30))
            client.get("/admin/login/")
            login = {"username": user, "password": PASSWORD}
            token = {"X-CSRFToken": client.cookies["csrftoken"]}
            assert client.post("/admin/login/?next=/", data=login, headers=token).status_code == 302
            token = {"X-CSRFToken": client.cookies["csrftoken"], **headers}
            picture = {"inputFile": ("a.jpg", b"no picture" * 50_000)}
            return client.post(path, files=picture, headers=token)

        yield send


@pytest.mark.parametrize("path", ["/recognise", "/videos"])
def test_a_user_who_logged_in_sends_large_forms_from_the_pages(
    pages: Callable[..., httpx.Response], path: str
) -> None:
    assert pages("admin", path, **{"Sec-Fetch-Site": "same-origin"}).status_code == 415
    assert pages("viewer", path, **{"Sec-Fetch-Site": "same-origin"}).status_code == 403
    assert pages("admin", path, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403


FOREIGN = [
    ("POST", "/", ("Sec-Fetch-Site: cross-site", "Origin: https://evil.example")),
    ("POST", "/", ("Origin: https://evil.example",)),
    ("POST", "/", ("Origin: null",)),
    ("POST", "/", ("Origin: http://localhost.evil.example",)),
    ("POST", "/", ("Sec-Fetch-Site: same-site", "Origin: http://localhost:3000")),
    ("POST", "/videos", ("Sec-Fetch-Site: cross-site",)),
    ("POST", "/recognise", ("Sec-Fetch-Site: cross-site",)),
    ("POST", "/api/v1/recognise", ("Sec-Fetch-Site: cross-site",)),
    ("POST", "/api/v1/subjects", ("Origin: https://evil.example",)),
    ("DELETE", f"/api/v1/jobs/{AN_ID}", ("Origin: https://evil.example",)),
    ("PATCH", f"/api/v1/subjects/{AN_ID}", ("Sec-Fetch-Site: cross-site",)),
    ("POST", "/admin/login/", ("Origin: https://evil.example",)),
]


@pytest.mark.parametrize(("method", "path", "headers"), FOREIGN)
def test_a_page_of_another_site_may_send_nothing(
    site: Site, method: str, path: str, headers: tuple[str, ...]
) -> None:
    request = post(path, form(), *headers).replace(b"POST", method.encode(), 1)

    answer = site.open.ask(request)

    assert answer.status == 403
    assert "another site" in answer.body


@pytest.mark.parametrize(
    "headers",
    [
        (),
        ("Sec-Fetch-Site: same-origin", "Origin: http://localhost"),
        ("Origin: http://localhost",),
    ],
)
def test_a_program_and_our_own_page_may(site: Site, headers: tuple[str, ...]) -> None:
    assert site.open.ask(post("/", form(), *headers)).status == 415


@pytest.mark.parametrize("path", ["/", "/history", f"/jobs/{AN_ID}", "/api/v1/jobs"])
def test_no_other_site_can_show_or_frame_what_is_here(site: Site, path: str) -> None:
    answer = site.open.ask(get(path))

    assert answer.header("Cross-Origin-Resource-Policy") == "same-origin"
    assert answer.header("Cross-Origin-Opener-Policy") == "same-origin"
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert "frame-ancestors 'none'" in answer.header("Content-Security-Policy")
