"""Bodies that are too large: each is answered, also while it is sent."""

from __future__ import annotations

import json

import pytest

from tests.hostile.web.conftest import Site
from tests.hostile.web.sending import FORM, MARK, chunked, form, post
from tests.hostile.web.servers import Answer

pytestmark = pytest.mark.system


@pytest.mark.parametrize(
    ("path", "field", "megabytes"),
    [
        ("/", b"inputFile", 1),
        ("/recognise", b"inputFile", 1),
        ("/api/v1/recognise", b"picture", 1),
        ("/api/v1/recognise/batch", b"pictures", 2),
        ("/videos", b"inputFile", 2),
        ("/api/v1/videos", b"video", 2),
        ("/admin/login/", b"username", 1),
    ],
)
@pytest.mark.parametrize("is_chunked", [True, False])
def test_what_is_too_large_gets_its_413_also_while_it_is_sent(
    site: Site, path: str, field: bytes, megabytes: int, is_chunked: bool
) -> None:
    body = form(b"x" * (megabytes * 2**20 + 200_000), field)
    if is_chunked:
        pieces = [body[start : start + 60_000] for start in range(0, len(body), 60_000)]
        request = chunked(*pieces).replace(b"POST / ", f"POST {path} ".encode(), 1)
    else:
        request = post(path, body)

    answer = site.open.ask(request)

    assert answer.status == 413
    assert answer.header("Connection") == "close"


def test_fields_that_are_too_large_together_are_refused(site: Site) -> None:
    body = (
        b"--" + MARK + b'\r\nContent-Disposition: form-data; name="webhook"\r\n\r\n'
        + b"x" * 1_040_000 + b"\r\n--" + MARK + b"--\r\n"
    )  # fmt: skip

    assert site.open.ask(post("/api/v1/recognise/batch", body * 1)).status in (413, 422)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/api/v1/recognise", "application/json"),
        ("/api/v1/recognise/batch", "application/json"),
        ("/api/v1/collections", "application/json"),
        ("/rekognition", "application/x-amz-json-1.1"),
        ("/rekognition", "text/plain"),
    ],
)
@pytest.mark.parametrize("part", [b"[],", b"0,", b"{},"])
def test_json_of_very_many_parts_is_refused_before_it_is_read(
    site: Site, path: str, kind: str, part: bytes
) -> None:
    """Each part takes a hundred times its bytes, and nobody else is answered meanwhile."""
    body = b'{"picture": [' + part * (600_000 // len(part)) + b"0]}"

    answer = site.open.ask(post(path, body, kind=f"Content-Type: {kind}\r\n".encode()))

    assert (answer.status, "too many parts" in answer.body) == (413, True), answer.body


@pytest.mark.parametrize("size", [100_000, 1_300_000], ids=["in memory", "on disk"])
def test_a_large_picture_in_json_is_read_after_its_parts_were_counted(
    site: Site, size: int
) -> None:
    body = b'{"picture": "' + b"A" * size + b'"}'

    answer = site.open.ask(
        post("/api/v1/recognise", body, kind=b"Content-Type: application/json\r\n")
    )

    assert (answer.status, "not a picture" in answer.body) == (415, True), answer.body


@pytest.mark.parametrize(
    ("files", "kind", "status", "words"),
    [
        (30, FORM, 413, "too many files"),
        (2, b"Content-Type: multipart/form-data; boundary=\xff\r\n", 400, "damaged"),
    ],
)
def test_a_form_that_waits_on_disk_is_refused_as_a_small_one_is(
    site: Site, files: int, kind: bytes, status: int, words: str
) -> None:
    body = form(b"x" * (1_500_000 // files), b"pictures", files)

    answer = site.open.ask(post("/api/v1/recognise/batch", body, kind=kind))

    assert (answer.status, words in answer.body) == (status, True), answer.body


def test_a_form_of_a_thousand_fields_says_what_is_too_many(site: Site) -> None:
    head = b"--" + MARK + b'\r\nContent-Disposition: form-data; name="'
    fields = b"".join(head + b'f%d"\r\n\r\n1\r\n' % number for number in range(1000))
    body = fields + form(b"x" * 1_500_000, b"videos")

    answer = site.open.ask(post("/api/v1/recognise/batch", body))

    assert (answer.status, "too many files or fields" in answer.body) == (413, True), answer.body


def test_a_stranger_may_send_a_login_and_nothing_larger(site: Site) -> None:
    def login(size: int) -> Answer:
        kind = b"Content-Type: application/x-www-form-urlencoded\r\n"
        return site.strict.ask(post("/admin/login/", b"username=" + b"x" * size, kind=kind))

    assert login(100).status == 403  # without the form's token
    assert login(100_000).status == 413


def test_a_problem_of_the_api_is_json(site: Site) -> None:
    answer = site.open.ask(post("/api/v1/recognise", form(b"x" * 1_200_000, b"picture")))

    assert answer.header("Content-Type") == "application/problem+json"
    assert json.loads(answer.body)["status"] == 413
