"""An embedder in 8-bit integers: nearly the same embeddings, from pictures that show faces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from recognition.embedding.onnx_net import EXACT_SUMS, OnnxNet
from recognition.errors import ExportMissing
from recognition.export.onnx.quantise import quantise
from recognition.export.writing import export_nets
from recognition.native.building import PROCESSOR
from recognition.registry.exported import checked_file
from tests.recognition.conftest import varied_crops
from tests.recognition.pictures import hopper, jpeg, noise, png

pytestmark = pytest.mark.system
"""It starts no process, but takes as long as one."""

CASIA = "casia-webface"


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    return folder


def test_a_net_in_8_bits_embeds_nearly_as_the_exact_one(weights_dir: Path, pictures: Path) -> None:
    (pictures / "hopper.jpg").write_bytes(jpeg(hopper()))

    export_nets([f"{CASIA}-int8"], weights_dir, lambda _: None, lambda *_: None, pictures)

    pixels = varied_crops().transpose(0, 3, 1, 2).astype(np.float32)
    (exact,), (found,) = (OnnxNet(net, weights_dir)(pixels) for net in (CASIA, f"{CASIA}-int8"))
    lengths = np.linalg.norm(exact, axis=1) * np.linalg.norm(found, axis=1)
    assert ((exact * found).sum(axis=1) / lengths).min() > 0.9
    sizes = [checked_file(net, weights_dir).stat().st_size for net in (CASIA, f"{CASIA}-int8")]
    assert sizes[1] < 0.3 * sizes[0]


def test_pictures_without_a_face_calibrate_nothing(weights_dir: Path, pictures: Path) -> None:
    (pictures / "noise.png").write_bytes(png(noise(90, 90)))

    with pytest.raises(ExportMissing, match="no face was found"):
        quantise(CASIA, weights_dir, pictures, pictures / "never.onnx")

    assert not (pictures / "never.onnx").exists()


@pytest.mark.parametrize(
    ("flags", "are_told"), [("avx2", True), ("avx2 avx_vnni", False), ("avx512_vnni", False)]
)
def test_only_processors_without_vnni_are_told_to_add_exactly(
    flags: str, are_told: bool, weights_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others do so anyway, and would take three times as long."""
    (tmp_path / "cpuinfo").write_text(f"flags\t\t: {flags}\n")
    monkeypatch.setenv(PROCESSOR, str(tmp_path / "cpuinfo"))
    told: dict[str, str] = {}
    monkeypatch.setattr(
        onnxruntime.SessionOptions,
        "add_session_config_entry",
        lambda _, key, value: told.update({key: value}),
    )

    OnnxNet("mtcnn-p", weights_dir)

    assert told == ({EXACT_SUMS: "1"} if are_told else {})
