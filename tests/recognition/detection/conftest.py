"""YuNet as a user has it, for tests that look at pictures."""

from __future__ import annotations

from pathlib import Path

import pytest

from recognition.detection.yunet import Yunet, on_engine, on_onnx
from recognition.embedding.onnx_net import OnnxNet
from recognition.errors import WeightsMissing
from recognition.export.writing import export_nets
from recognition.native.native_net import NativeNet
from recognition.registry.exported import checked_file
from tests.recognition.engines import engine_or_skip


@pytest.fixture(scope="package")
def weights_with_yunet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("yunet")
    try:
        export_nets(["yunet", "native-yunet"], folder, print, lambda *_: None)
    except WeightsMissing as error:
        pytest.skip(f"YuNet's weights can't be had: {error}")
    return folder


@pytest.fixture
def yunet(weights_with_yunet: Path) -> Yunet:
    engine = engine_or_skip(weights_with_yunet)
    net = NativeNet(checked_file("native-yunet", weights_with_yunet), engine)
    return Yunet(on_engine(net), resize=engine.resized)


@pytest.fixture
def yunet_on_onnx(weights_with_yunet: Path) -> Yunet:
    return Yunet(on_onnx(OnnxNet("yunet", weights_with_yunet)))
