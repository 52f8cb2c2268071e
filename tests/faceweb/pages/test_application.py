"""The pages can be installed as an app."""

from __future__ import annotations

import json

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from PIL import Image

from faceweb.pages import access
from tests.support.factories import make_settings

pytestmark = pytest.mark.django_db

MANIFEST = "/static/faceweb/app.webmanifest"


def test_the_manifest_names_icons_that_are_there_in_their_sizes() -> None:
    answer = Client().get(MANIFEST)

    assert answer["Content-Type"] == "application/manifest+json"
    told = json.loads(answer.content)
    assert (told["display"], told["start_url"]) == ("standalone", "/")
    for icon in told["icons"]:
        file = finders.find(f"faceweb/{icon['src']}")
        size = Image.open(str(file)).size
        assert icon["sizes"] == f"{size[0]}x{size[1]}"
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in told["icons"]}


def test_the_manifest_is_told_before_a_login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "get_settings", lambda: make_settings(require_api_key=True))

    assert Client().get(MANIFEST).status_code == 200


def test_pages_name_the_manifest_and_no_service_worker_keeps_pictures() -> None:
    page = Client().get("/", headers={"accept": "text/html"}).content.decode()

    assert 'rel="manifest" href="/static/faceweb/app.webmanifest"' in page
    assert "serviceWorker" not in page
