"""The house, and its people as API and pages change them."""

from __future__ import annotations

from pathlib import Path

import pytest

from faceweb.people import subjects as module
from faceweb.people.subjects import Subjects
from tests.faceweb.people.erasure.house import House
from tests.support.factories import make_settings


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    house = House(tmp_path)
    monkeypatch.setattr(module, "places_of", lambda settings: house.places)
    return house


@pytest.fixture
def people(house: House) -> Subjects:
    return Subjects(house.files, house.places.private, make_settings(), "tester")
