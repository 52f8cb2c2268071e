"""A user's own models: a TOML file says what the registry says of others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from foundation.config import ConfigurationError, load_settings
from recognition.errors import GalleryError, WrongModelFile
from recognition.gallery.gallery import Gallery
from recognition.gallery.gallery_changes import add_examples
from recognition.registry import models
from recognition.registry.models import model_named
from recognition.registry.own_models import know_own_models, read_own_model
from tests.support.memory_files import MemoryFiles

WELL = """
file = "team.onnx"
licence = "ours"
commercial = false
dimension = 64
colours = "bgr"
pixel_mean = 127.5
pixel_scale = 0.0078125
pair_threshold = 1.1
rule = "mean"

[line]
a = 1.05
b = 0.03
c = 0.02
"""


@pytest.fixture(autouse=True)
def no_own_models_afterwards(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(models, "_own", {})
    yield


def test_a_file_says_what_the_registry_says(tmp_path: Path) -> None:
    (tmp_path / "team.toml").write_text(WELL)

    know_own_models(tmp_path)

    found = model_named("team")
    assert (found.net, found.dimension, found.crop_pixels) == ("team", 64, 112)
    assert (found.cut, found.colours, found.rule) == ("arcface", "bgr", "mean")
    assert found.line.at(10, 0.01) == pytest.approx(1.05)
    assert found.comes_as_graph and not found.commercial


def test_openvino_s_net_has_its_weights_beside_it(tmp_path: Path) -> None:
    (tmp_path / "team.toml").write_text(WELL.replace("team.onnx", "net.xml"))

    files = read_own_model(tmp_path / "team.toml").files

    assert [file.filename for file in files] == ["net.xml", "net.bin"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (WELL.replace("dimension = 64", ""), "dimension: field required"),
        (WELL.replace("dimension = 64", "dimension = 0"), "dimension: .* greater than or equal"),
        (WELL.replace('"bgr"', '"cmyk"'), "colours: input should be 'rgb' or 'bgr'"),
        (WELL.replace("a = 1.05", "a = nan"), "line.a: "),
        (WELL + "speed = 3\n", "line.speed: extra inputs are not permitted"),
        (WELL.replace("licence", "license"), "license: extra inputs"),
        (WELL.replace('"team.onnx"', '"../team.onnx"'), "file must name a file beside it"),
        (WELL.replace('"team.onnx"', '"team.pt"'), r"ends with \.onnx or \.xml"),
        ("file = ", "can't be read: "),
        ("\udcff", "can't be read: "),
    ],
)
def test_a_wrong_entry_is_named(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "team.toml"
    path.write_text(text, errors="surrogateescape")

    with pytest.raises(WrongModelFile, match=rf"team\.toml:? .*{said}"):
        read_own_model(path)


@pytest.mark.parametrize("name", ["sface", "Team", "native-team", "mtcnn-x", "team-int8", "a b"])
def test_a_name_that_can_t_be_one_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / f"{name}.toml").write_text(WELL)

    with pytest.raises(WrongModelFile, match=r"name is the model's|there is a model sface already"):
        know_own_models(tmp_path)


def test_a_gallery_of_an_own_model_opens_while_its_file_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "team.toml").write_text(WELL)
    know_own_models(tmp_path)
    files = MemoryFiles()
    add_examples(files, "team", {"Ann": [np.ones(64, np.float32)]})

    opened = Gallery.open(files)
    assert opened is not None and opened.model == "team"

    monkeypatch.setattr(models, "_own", {})
    with pytest.raises(GalleryError, match="'team' is no model; known are sface"):
        Gallery.open(files)


def test_a_setting_may_name_an_own_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIGHTS_DIR", str(tmp_path))
    monkeypatch.setenv("RECOGNITION_MODEL", "team")
    with pytest.raises(ConfigurationError, match="RECOGNITION_MODEL='team': 'team' is no model"):
        load_settings()

    (tmp_path / "team.toml").write_text(WELL)
    assert load_settings().recognition_model == "team"

    (tmp_path / "team.toml").write_text("file = ")
    with pytest.raises(ConfigurationError, match=r"team\.toml can't be read"):
        load_settings()
