"""Two faces of one model are one person up to the model's threshold for pairs."""

from __future__ import annotations

import numpy as np
import pytest

from recognition.comparing import compare
from recognition.registry.models import model_named

MODEL = model_named("sface")
ANN = np.eye(1, 128, dtype=np.float32)[0]


def at(distance: float) -> np.ndarray:
    """An embedding of length 1 at a distance from Ann's."""
    angle = 2 * np.arcsin(distance / 2)
    found = np.zeros(128, np.float32)
    found[:2] = np.cos(angle), np.sin(angle)
    return found


@pytest.mark.parametrize(
    ("share", "same", "similarity"), [(0.0, True, 1.0), (0.999, True, 0.5), (1.001, False, 0.5)]
)
def test_the_threshold_parts_the_same_from_others(
    share: float, same: bool, similarity: float
) -> None:
    found = compare(ANN, at(share * MODEL.pair_threshold), MODEL)

    assert found.same_person is same
    assert found.similarity == pytest.approx(similarity, abs=0.01)
    assert found.distance == pytest.approx(share * MODEL.pair_threshold, abs=1e-3)


def test_the_length_of_an_embedding_does_not_count() -> None:
    assert compare(ANN, 7 * ANN, MODEL).distance == pytest.approx(0.0, abs=1e-6)
