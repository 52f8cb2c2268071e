"""The worker's runtime: which model it loads and how, and how it follows the gallery."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foundation.config import Settings
from foundation.messages import RecogniseOptions
from recognition.errors import ExportMissing, GalleryModelMismatch
from recognition.gallery.gallery import Gallery
from recognition.gallery.gallery_changes import add_examples, remove_person, swap_model
from recognition.open_set import DecisionSettings
from recognition.recognizer import Recognizer
from tests.recognition.fakes import FakeDetector, FakeEmbedder, face_at, vector
from tests.recognition.pictures import noise, png
from tests.support.memory_files import MemoryFiles
from workers import runtime
from workers.instances.instance_life import EX_CONFIG
from workers.runtime import Runtime

PICTURE = png(noise(200, 150))


class Clock:
    """Stands still until it is moved."""

    seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


class Loader:
    """In place of `load_recognizer`: keeps what it was asked for, sees one face always."""

    def __init__(self, embedding: np.ndarray) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._embedding = embedding

    def __call__(self, model: str, weights_dir: Path, **options: Any) -> Recognizer:
        self.calls.append((model, options))
        embedder = FakeEmbedder(self._embedding)
        embedder.name = model
        names = ("quality", "deciding", "limits")
        return Recognizer(
            FakeDetector(face_at(20, 20, 40)),
            embedder,
            **{name: options[name] for name in names},
        )


@pytest.fixture
def loader(monkeypatch: pytest.MonkeyPatch) -> Loader:
    loader = Loader(vector(1))
    monkeypatch.setattr(runtime, "load_recognizer", loader)
    return loader


def made(tmp_path: Path, files: MemoryFiles, clock: Clock | None = None, **values: Any) -> Runtime:
    settings = Settings(var_dir=tmp_path, **{"recognition_model": "dlib", **values})
    return Runtime(settings, lambda _: files, clock or Clock())


def test_settings_reach_the_recogniser(tmp_path: Path, loader: Loader) -> None:
    made(
        tmp_path,
        MemoryFiles(),
        recognition_runtime="onnx",
        recognition_precision="int8",
        recognition_min_face_size=33,
        recognition_min_face_share=0.1,
        recognition_quality="strict",
        recognition_threshold=0.42,
        strangers_named=0.5,
        min_probability=0.8,
        same_person_twice=True,
        try_turned=False,
        max_megapixels=5,
    ).prepare()

    ((model, options),) = loader.calls
    assert model == "dlib"
    assert options["runtime"] == "onnx" and options["precision"] == "int8"
    assert options["min_face_size"] == 33 and options["min_face_share"] == 0.1
    assert options["quality"] == "strict" and options["tries_turned"] is False
    assert options["deciding"] == DecisionSettings(
        fpir=0.005, threshold=0.42, least_probability=0.8, same_person_twice=True
    )
    assert options["limits"].max_pixels == 5_000_000


def test_follows_the_gallery_and_loads_the_model_once(tmp_path: Path, loader: Loader) -> None:
    files, clock = MemoryFiles(), Clock()
    worker = made(tmp_path, files, clock)
    assert worker.recognise(PICTURE).answer == "unknown"

    add_examples(files, "dlib", {"Ann": [vector(1)], "Bob": [vector(2)]})
    assert worker.recognise(PICTURE).answer == "Ann"  # the first people are known at once

    remove_person(files, "Ann")
    clock.seconds += 3600
    assert worker.recognise(PICTURE).answer == "unknown"
    assert len(loader.calls) == 1


def test_a_request_s_options_come_before_the_settings(tmp_path: Path, loader: Loader) -> None:
    files = MemoryFiles()
    add_examples(files, "dlib", {"Ann": [vector(1)], "Bob": [vector(2)]})
    worker = made(tmp_path, files, min_probability=1.0)

    (doubtful,) = worker.recognise(PICTURE).faces
    (named,) = worker.recognise(
        PICTURE, RecogniseOptions(least_probability=0.5, candidates=1)
    ).faces
    assert (doubtful.identity, doubtful.candidates) == (None, ())
    assert named.identity == "Ann" and len(named.candidates) == 1
    strict = RecogniseOptions(least_probability=0.5, threshold=-1.0, embeddings=True)
    assert worker.recognise(PICTURE, strict).answer == "unknown"


def test_another_model_embeds_beside_the_gallery_s_until_the_gallery_has_it(
    tmp_path: Path, loader: Loader
) -> None:
    files, clock = MemoryFiles(), Clock()
    add_examples(files, "dlib", {"Ann": [vector(1)], "Bob": [vector(2)]})
    worker = made(tmp_path, files, clock, recognition_model=None)
    assert worker.recognise(PICTURE).model == "dlib"

    assert worker.embed(PICTURE, "sface").model == "sface"
    assert worker.embed(PICTURE, "sface").model == "sface"
    assert worker.embed(PICTURE).model == worker.recognise(PICTURE).model == "dlib"
    gallery = Gallery.open(files)
    assert gallery is not None
    rows = {one: gallery.examples[one] for one in gallery.people}
    swap_model(files, gallery, "sface", rows)
    clock.seconds += 3600

    assert worker.recognise(PICTURE).model == "sface"
    assert worker.recognise(PICTURE).answer == "Ann"
    assert [model for model, _ in loader.calls] == ["dlib", "sface"]


def test_the_gallery_names_the_model(tmp_path: Path, loader: Loader) -> None:
    files = MemoryFiles()
    add_examples(files, "casia-webface", {"Ann": [vector(1, 512)]})
    made(tmp_path, files, recognition_model=None).prepare()

    assert loader.calls[0][0] == "casia-webface"


def test_a_gallery_of_another_model_is_no_start(tmp_path: Path, loader: Loader) -> None:
    files = MemoryFiles()
    add_examples(files, "vggface2", {"Ann": [vector(1, 512)]})

    with pytest.raises(GalleryModelMismatch, match="RECOGNITION_MODEL is dlib: unset it"):
        made(tmp_path, files).prepare()


def test_enrolment_has_a_filter_of_its_own(tmp_path: Path, loader: Loader) -> None:
    worker = made(tmp_path, MemoryFiles(), enrolment_quality="strict", recognition_quality="none")

    (enrolled,) = worker.embed(PICTURE).faces
    (recognised,) = worker.recognise(PICTURE).faces
    assert enrolled.left_out == "too small (40 of 60 pixels)"
    assert recognised.left_out is None


def test_a_worker_that_can_t_start_says_why_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: Any, **__: Any) -> Recognizer:
        raise ExportMissing("the nets are not there: export them")

    monkeypatch.setattr(runtime, "load_recognizer", refuse)
    monkeypatch.setattr(runtime, "_runtime", made(tmp_path, MemoryFiles()))
    with pytest.raises(SystemExit) as ended:
        runtime.prepare(Settings(var_dir=tmp_path))

    assert ended.value.code == EX_CONFIG
    expected = "The worker can't start: the nets are not there: export them\n"
    assert capsys.readouterr().err.endswith(expected)


def test_an_enrolment_sees_whom_a_face_is_near_to_at_once(tmp_path: Path, loader: Loader) -> None:
    """Two pictures in the same second: the second must be warned of the first."""
    files = MemoryFiles()
    runtime = made(tmp_path, files)
    add_examples(files, "dlib", {"Bob": [vector(5)]})
    runtime.embed_to_enrol(PICTURE)
    add_examples(files, "dlib", {"Ann": [vector(1)]})

    [face] = runtime.embed_to_enrol(PICTURE).faces

    assert [one.name for one in face.candidates] == ["Ann", "Bob"]
    assert (face.identity, face.person_id, face.candidates[0].distance) == (None, None, 0.0)
