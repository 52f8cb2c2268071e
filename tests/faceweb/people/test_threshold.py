"""The threshold in force, as API, pages and admin tell it."""

from __future__ import annotations

import pytest

from faceweb.people.threshold import threshold_in_force
from recognition.gallery.gallery import Gallery
from recognition.gallery.gallery_changes import add_examples
from recognition.registry.models import MODELS
from tests.recognition.fakes import vector
from tests.support.factories import make_settings
from tests.support.memory_files import MemoryFiles


@pytest.fixture
def gallery() -> Gallery:
    people = {f"person {number}": [vector(number)] for number in range(20)}
    return add_examples(MemoryFiles(), "dlib", people)


def test_without_a_gallery_there_is_none() -> None:
    assert threshold_in_force(None, make_settings()) is None


def test_it_follows_from_the_gallery_and_says_so(gallery: Gallery) -> None:
    threshold = threshold_in_force(gallery, make_settings(strangers_named=0.5))

    assert threshold is not None
    assert threshold.distance == pytest.approx(MODELS["dlib"].line.at(20, 0.005), abs=1e-4)
    assert threshold.why == (
        "It follows from the model dlib, 20 examples, and 0.5 % of strangers who may get a name."
    )


def test_a_configured_one_overrides_it(gallery: Gallery) -> None:
    threshold = threshold_in_force(gallery, make_settings(recognition_threshold=0.45))

    assert threshold is not None and threshold.distance == 0.45
    assert "RECOGNITION_THRESHOLD" in threshold.why
