"""The models by name: what belongs to each, and what two of them share."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from recognition.embedding.embedder import NetEmbedder, on_onnx
from recognition.embedding.onnx_net import OnnxNet
from recognition.errors import UnknownModel
from recognition.gallery.gallery import FolderFiles, Gallery
from recognition.gallery.seed_gallery import import_seed_gallery
from recognition.registry.exported import nets_of
from recognition.registry.models import MODELS, model_named
from recognition.weights.finding import cached_files
from tests.recognition.fakes import face_at
from tests.recognition.pictures import astronaut


def test_the_original_system_s_model_shares_net_and_weights(tmp_path: Path) -> None:
    weights = tmp_path / MODELS["vggface2"].files[0].filename
    weights.touch()

    assert nets_of("vggface2-240", "int8") == nets_of("vggface2", "int8")
    assert nets_of("vggface2-240") == nets_of("vggface2")
    assert cached_files(MODELS["vggface2-240"].files, tmp_path) == (weights,)


@pytest.mark.parametrize(("name", "pixels"), [("vggface2", 160), ("vggface2-240", 240)])
def test_a_model_cuts_faces_to_its_own_size(name: str, pixels: int, weights_dir: Path) -> None:
    model = NetEmbedder(name, on_onnx(OnnxNet("casia-webface", weights_dir), MODELS[name]))

    (crop,) = model.cut(astronaut(), [face_at(170, 60, 110)])

    assert crop.shape == (pixels, pixels, 3)
    assert model.embed([crop]).shape == (1, MODELS[name].dimension)


def test_an_imported_gallery_is_of_the_original_system_s_model(tmp_path: Path) -> None:
    import torch

    vector = torch.nn.functional.normalize(torch.ones(1, 512))
    buffer = io.BytesIO()
    torch.save([[vector], ["Ann"]], buffer)
    (tmp_path / "data.pt").write_bytes(buffer.getvalue())

    import_seed_gallery(tmp_path / "data.pt", FolderFiles(tmp_path / "gallery"))

    gallery = Gallery.load(FolderFiles(tmp_path / "gallery"))
    assert gallery is not None and gallery.model == "vggface2-240"
    np.testing.assert_allclose(gallery.matrix, vector.numpy(), atol=1e-6)


def test_an_unknown_model_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(UnknownModel, match="'x' is no model; known are sface, reid-0095"):
        model_named("x")
