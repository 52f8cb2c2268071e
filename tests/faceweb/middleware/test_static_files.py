"""Static files under ASGI: whole, with their headers, and without a warning."""

from __future__ import annotations

import gzip

import pytest
from django.test import AsyncClient

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

STYLE = "/static/faceweb/faceweb.css"
ICON = "/static/faceweb/icon-192.png"


@pytest.mark.filterwarnings("error")
async def test_a_file_comes_whole() -> None:
    answer = await AsyncClient().get(STYLE)

    assert (answer.status_code, answer.streaming) == (200, False)
    assert answer["Content-Type"].startswith("text/css")
    assert int(answer["Content-Length"]) == len(answer.content) > 1000


@pytest.mark.filterwarnings("error")
async def test_a_file_that_is_known_is_not_sent_again() -> None:
    client = AsyncClient()
    first = await client.get(STYLE)

    again = await client.get(STYLE, headers={"If-Modified-Since": first["Last-Modified"]})

    assert (again.status_code, again.content) == (304, b"")


async def test_texts_are_packed_for_who_takes_it() -> None:
    client = AsyncClient()
    plain = await client.get(STYLE)

    packed = await client.get(STYLE, headers={"Accept-Encoding": "gzip, br"})

    assert packed["Content-Encoding"] == "gzip" and "Accept-Encoding" in packed["Vary"]
    assert int(packed["Content-Length"]) == len(packed.content) < len(plain.content) / 2
    assert gzip.decompress(packed.content) == plain.content


async def test_pictures_stay_as_they_are() -> None:
    icons = await AsyncClient().get(ICON, headers={"Accept-Encoding": "gzip"})

    assert icons.status_code == 200 and "Content-Encoding" not in icons


async def test_what_is_no_file_goes_on() -> None:
    assert (await AsyncClient().get("/static/nothing.css")).status_code == 404
