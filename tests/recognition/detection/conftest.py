"""YuNet as a user has it, for tests that look at pictures."""

from __future__ import annotations

from pathlib import Path

import pytest

from recognition.detection.yunet import Yunet
from recognition.embedding.onnx_net import OnnxNet
from recognition.errors import WeightsMissing
from recognition.export.writing import export_nets


@pytest.fixture(scope="module")
def weights_with_yunet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("yunet")
    try:
        export_nets(["yunet"], folder, print, lambda *_: None)
    except WeightsMissing as error:
        pytest.skip(f"YuNet's weights can't be had: {error}")
    return folder


@pytest.fixture
def yunet(weights_with_yunet: Path) -> Yunet:
    return Yunet(OnnxNet("yunet", weights_with_yunet))
