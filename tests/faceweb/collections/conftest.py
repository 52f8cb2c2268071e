"""Collections matter where keys and logins are asked for."""

from __future__ import annotations

import pytest

from faceweb.access import identity
from faceweb.pages import access
from tests.support.factories import make_settings


@pytest.fixture(autouse=True)
def keys_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = make_settings(require_api_key=True)
    for module in (identity, access):
        monkeypatch.setattr(module, "get_settings", lambda: settings)
