"""The default model on real people, at the thresholds that ship: who is named.

Needs ../shared (Labeled Faces in the Wild) and SFace's weights; skips, and says so, without them.
"""

from __future__ import annotations

import numpy as np
import pytest

from recognition.errors import WeightsMissing
from recognition.evaluation.galleries import GalleryShape, try_gallery
from recognition.evaluation.reading import EmbeddedFaces, pictures_of, read_pictures
from recognition.registry.loading import load_recognizer
from recognition.registry.models import model_named
from tests.recognition.shared_faces import lfw

pytestmark = pytest.mark.system

PEOPLE, EXAMPLES = 50, 5


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedFaces:
    pictures = pictures_of(lfw("people"), lfw("strangers"), print)
    try:
        recognizer = load_recognizer("sface", tmp_path_factory.mktemp("weights"))
    except WeightsMissing as error:
        pytest.skip(f"SFace's weights can't be had: {error}")
    return read_pictures(pictures, recognizer, "none", print)


def test_strangers_stay_unknown_and_friends_are_found(faces: EmbeddedFaces) -> None:
    model = model_named("sface")
    threshold = model.line.for_gallery(PEOPLE, PEOPLE * EXAMPLES, fpir=0.01)
    shape = GalleryShape(people=PEOPLE, examples=EXAMPLES)
    random = np.random.default_rng(7)

    trials = [try_gallery(faces.compared_as(model), shape, random) for _ in range(20)]

    assert faces.left_out == 0
    assert np.mean([trial.fpir(threshold) for trial in trials]) <= 0.01
    assert np.mean([trial.tpir(threshold) for trial in trials]) >= 0.98


def test_the_labelled_face_is_the_one_that_is_taken(faces: EmbeddedFaces) -> None:
    """In LFW the face nearest to the centre is the labelled one."""
    assert np.mean(faces.off_centre) <= 0.003
