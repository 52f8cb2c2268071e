"""What is exported without torch, against facenet-pytorch's own modules in torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recognition.detection.mtcnn import sigmoid
from recognition.embedding.onnx_net import OnnxNet
from recognition.errors import WeightsCorrupt
from recognition.export.nets import export_float, export_native, read_state
from recognition.registry.exported import sources_of
from recognition.registry.models import MODELS
from recognition.weights.finding import cached_files
from tests.recognition.conftest import varied_crops
from tests.recognition.pictures import noise, scaled
from tests.recognition.torch_when_used import mtcnn, nn, torch

CASIA = "casia-webface"


def by_torch(net: nn.Module, pixels: np.ndarray) -> tuple[torch.Tensor, ...]:
    """What a detector's net gives for pixels: offsets, O-Net's landmarks, probabilities."""
    with torch.no_grad():
        return net.double()((torch.from_numpy(pixels).double() - 127.5) * 0.0078125)


def faces(side: int) -> np.ndarray:
    crops = [scaled(crop, side, side) for crop in varied_crops()]
    return np.stack(crops).transpose(0, 3, 1, 2).astype(np.float32)


@pytest.mark.parametrize(
    ("name", "kind", "side"), [("mtcnn-r", "RNet", 24), ("mtcnn-o", "ONet", 48)]
)
def test_the_detector_s_later_nets_give_what_torch_exports(
    name: str, kind: str, side: int, weights_dir: Path
) -> None:
    *others, face = by_torch(getattr(mtcnn, kind)(), faces(side))

    found = OnnxNet(name, weights_dir)(faces(side))[0][:, :, 0, 0]

    np.testing.assert_allclose(sigmoid(found[:, 0]), face[:, 1].numpy(), atol=2e-6)
    exact = np.concatenate([each.numpy() for each in others], axis=1)
    np.testing.assert_allclose(found[:, 1:], exact, atol=2e-6)


def test_the_detector_s_first_net_gives_what_torch_gives(weights_dir: Path) -> None:
    pixels = noise(101, 90).transpose(2, 0, 1)[None].astype(np.float32)
    offsets, probability = by_torch(mtcnn.PNet(), pixels)

    (cells,) = OnnxNet("mtcnn-p", weights_dir)(pixels)

    found = 1.0 / (1.0 + np.exp(-cells[:, 0].astype(np.float64)))
    np.testing.assert_allclose(cells[:, 1:], offsets.numpy(), atol=5e-6)
    np.testing.assert_allclose(found, probability[:, 1].numpy(), atol=2e-6)


def test_embeddings_are_as_near_to_exact_ones_as_torch_s(weights_dir: Path) -> None:
    """Exact: the same net in double precision. Ours multiplies normalisation in first."""
    from benchmarks.recogniser.reference import load_inception_resnet

    (weights,) = cached_files(MODELS[CASIA].files, weights_dir) or ()
    net = load_inception_resnet(weights)
    pixels = faces(160)
    with torch.no_grad():
        inputs = (torch.from_numpy(pixels) - 127.5) / 128.0
        eager = net(inputs).numpy()
        exact = net.double()(inputs.double()).numpy()

    (found,) = OnnxNet(CASIA, weights_dir)(pixels)
    found /= np.linalg.norm(found, axis=1, keepdims=True)

    error, torch_s_error = np.abs(found - exact).max(), np.abs(eager - exact).max()
    print(f"worst error of an embedding: ours {error:.1e}, torch's {torch_s_error:.1e}")
    assert error < 2 * torch_s_error < 1e-5


def test_layers_are_those_that_torch_reads(weights_dir: Path) -> None:
    for net in ("mtcnn-p", "mtcnn-r", "mtcnn-o", CASIA):
        (weights,) = sources_of(net, weights_dir) or ()
        theirs = torch.load(weights, weights_only=True)
        ours = read_state(weights)
        assert ours.keys() == theirs.keys()
        for name, values in ours.items():
            np.testing.assert_array_equal(values, theirs[name].numpy())


def test_weights_that_lack_a_layer_are_named(weights_dir: Path, tmp_path: Path) -> None:
    (weights,) = cached_files(MODELS[CASIA].files, weights_dir) or ()
    state = torch.load(weights, weights_only=True)
    del state["repeat_2.9.conv2d.weight"]
    torch.save(state, tmp_path / "fewer.pt")

    for export in (export_float, export_native):
        with pytest.raises(WeightsCorrupt, match=r"has no layer 'repeat_2.9.conv2d.weight'"):
            export(CASIA, tmp_path / "fewer.pt", tmp_path / "a.net")


def test_a_file_that_holds_something_else_is_named(tmp_path: Path) -> None:
    torch.save([torch.ones(3)], tmp_path / "list.pt")

    with pytest.raises(WeightsCorrupt, match=r"because it is no state dict: delete it"):
        export_float("mtcnn-o", tmp_path / "list.pt", tmp_path / "a.onnx")
