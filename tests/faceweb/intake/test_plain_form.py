"""The form of one file: read as Django reads it, or left to Django."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from django.core.handlers.asgi import ASGIRequest
from hypothesis import given, strategies as st

from faceweb.intake import pause
from faceweb.intake.plain_form import file_in, only_file
from faceweb.intake.uploads import FIELD, read_upload
from faceweb.server import handler
from faceweb.server.bodies import RequestBody
from tests.support.factories import make_settings, picture_bytes

NAMES = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)


def body_of(
    name: str, content: bytes = b"pixels", field: str = FIELD, boundary: str = "b0undary"
) -> bytes:
    return (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    ).encode() + content + f"\r\n--{boundary}--\r\n".encode()  # fmt: skip


def request_of(content_type: str, body: bytes, file: Any = None) -> ASGIRequest:
    headers = {"content-type": content_type, "content-length": str(len(body))}
    return ASGIRequest(
        {
            "type": "http", "method": "POST", "path": "/", "query_string": b"",
            "headers": [(key.encode(), value.encode()) for key, value in headers.items()],
        },
        file or io.BytesIO(body),
    )  # fmt: skip


def by_django(body: bytes) -> tuple[str, bytes] | None:
    """The one file of a form, where Django finds one and nothing else."""
    request = request_of("multipart/form-data; boundary=b0undary", body)
    files = [(field, one) for field, each in request.FILES.lists() for one in each]
    if len(files) != 1 or request.POST or files[0][0] != FIELD:
        return None
    return files[0][1].name, files[0][1].read()


@given(NAMES, st.binary(max_size=300))
def test_what_is_read_is_what_django_reads(name: str, content: bytes) -> None:
    body = body_of(name, content)

    found = file_in(body, b"b0undary", FIELD.encode())

    if found:
        assert found == by_django(body)


@given(st.binary(max_size=80), st.integers(0, 200), st.integers(0, 20))
def test_a_form_that_was_changed_anywhere_is_read_as_django_reads_it(
    other: bytes, start: int, cut: int
) -> None:
    body = body_of("a.jpg")
    changed = body[:start] + other + body[start + cut :]

    found = file_in(changed, b"b0undary", FIELD.encode())

    if found:
        assert found == by_django(changed)


@pytest.mark.parametrize(
    "body",
    [
        body_of("a.jpg", field="other"),
        body_of("a/b.jpg"),
        body_of("a&amp;b.jpg"),
        body_of(" .. "),
        body_of(""),
        body_of("a.jpg") + b"epilogue",
        b"preamble\r\n" + body_of("a.jpg"),
        body_of("a.jpg")[:-4],
        body_of("a.jpg", b"x\r\n--b0undary\r\ny"),
        body_of("a.jpg").replace(b'form-data; name="inputFile"; ', b"form-data; "),
        body_of("a.jpg").replace(b"a.jpg", b"\xff.jpg"),
        body_of("a.jpg").replace(b"Content-Type", b"Content-Transfer-Encoding"),
        b"",
    ],
)
def test_any_other_form_is_left_to_django(body: bytes) -> None:
    assert file_in(body, b"b0undary", FIELD.encode()) is None


@pytest.mark.parametrize(
    "content_type", ["text/plain", "multipart/form-data", "", 'multipart/form-data; boundary="b 0"']
)
async def test_other_types_are_left_to_django(content_type: str) -> None:
    request, _ = await filled(content_type, body_of("a.jpg"))

    assert only_file(request, FIELD) is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_large", [False, True])
async def test_a_real_clients_form_is_read_from_memory_or_from_disk(
    is_large: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pause, "is_paused", lambda: False)
    content = picture_bytes() + bytes(200_000 if is_large else 0)
    sent = httpx.Request("POST", "http://web/", files={FIELD: ("Zoë.jpg", content, "image/jpeg")})
    request, body = await filled(sent.headers["content-type"], sent.read())

    upload = read_upload(request, make_settings())

    assert body.is_on_disk == is_large
    assert (upload.filename, upload.content, upload.width) == ("Zoë.jpg", content, 64)


async def filled(content_type: str, sent: bytes) -> tuple[ASGIRequest, RequestBody]:
    """A request whose body was read as the server reads it."""

    async def receive() -> Mapping[str, Any]:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": sent, "more_body": False}

    body = RequestBody(receive)
    await body.fill(2**20)
    request = request_of(content_type, sent, body)
    setattr(request, handler.UNREAD, body)
    return request, body
