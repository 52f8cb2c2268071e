"""Writes nets as files, and notes in the manifest what they were made from."""

from __future__ import annotations

import shutil
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from recognition.errors import WeightsMissing
from recognition.export.dlib_net import DlibNet
from recognition.export.mtcnn_nets import ProposalNet, refinement_net, taking_pixels
from recognition.export.native_inception import inception_plan
from recognition.export.native_nets import proposal_numbers, refinement_plan
from recognition.exported import (
    DLIB_FILES,
    DLIB_LANDMARKS,
    EXPORTER_VERSION,
    INT8_SUFFIX,
    NATIVE_PREFIX,
    ExportedNet,
    folder_of,
    read_manifest,
    sha256_of,
    source_of,
    write_manifest,
)
from recognition.native.net_file import write_layers, write_net
from recognition.torch_reference import load_inception_resnet
from recognition.weights import PUBLISHED, Announce, find_weights

OPSET = 17
INPUT = "pixels"

Written = Callable[[str, Path, float], None]
"""Told a net's name, its file and the seconds that it took."""


def export_nets(
    nets: Sequence[str],
    weights_dir: Path,
    announce: Announce,
    written: Written,
    calibration: Path | None = None,
) -> None:
    """Export nets by name into a weights folder. Raises ModelError.

    A net in int8 is made from its export in float32, which must come before it.
    """
    folder = folder_of(weights_dir)
    folder.mkdir(parents=True, exist_ok=True)
    for net in nets:
        began = time.monotonic()
        path = _export_one(net, weights_dir, announce, calibration)
        written(net, path, time.monotonic() - began)


def _export_one(net: str, weights_dir: Path, announce: Announce, calibration: Path | None) -> Path:
    source = _weights_of(net, weights_dir, announce)
    weights_sha256 = sha256_of(source)
    folder = folder_of(weights_dir)
    path = folder / f"{net}-{weights_sha256[:12]}-v{EXPORTER_VERSION}.{_kind_of_file(net)}"
    draft = path.with_suffix(".draft")
    if net.endswith(INT8_SUFFIX):
        from recognition.export.quantise import quantise

        quantise(net.removesuffix(INT8_SUFFIX), weights_dir, calibration, draft)
    elif net == DLIB_LANDMARKS:
        shutil.copyfile(source, draft)
    elif net.startswith(NATIVE_PREFIX):
        _export_native(net.removeprefix(NATIVE_PREFIX), source, draft)
    else:
        _export_float(net, source, draft)
    draft.replace(path)
    entry = ExportedNet(
        file=path.name,
        sha256=sha256_of(path),
        weights_sha256=weights_sha256,
        exporter=EXPORTER_VERSION,
    )
    write_manifest(folder, {**read_manifest(folder), net: entry})
    return path


def _kind_of_file(net: str) -> str:
    if net == DLIB_LANDMARKS:
        return "dat"
    return "net" if net.startswith(NATIVE_PREFIX) else "onnx"


def _weights_of(net: str, weights_dir: Path, announce: Announce) -> Path:
    source = source_of(net, weights_dir)
    if source is not None:
        return source
    model = net.removesuffix(INT8_SUFFIX).removeprefix(NATIVE_PREFIX)
    if model in PUBLISHED:
        return find_weights(model, weights_dir, announce)
    package = "face_recognition_models" if model in DLIB_FILES else "facenet-pytorch"
    raise WeightsMissing(f"{package} is not installed: pip install -r requirements.txt")


def _export_float(net: str, source: Path, path: Path) -> None:
    if net == "dlib":
        _write(DlibNet(source), (2, 3, 150, 150), path, ["embeddings"])
    elif net.startswith("mtcnn-"):
        _export_mtcnn(net.removeprefix("mtcnn-"), path)
    else:
        module = load_inception_resnet(net, source)
        module.conv2d_1a.conv = taking_pixels(module.conv2d_1a.conv, scale=1.0 / 128.0)
        _write(module, (2, 3, 160, 160), path, ["embeddings"], ["height", "width"])


def _export_native(net: str, source: Path, path: Path) -> None:
    from facenet_pytorch.models import mtcnn

    if net == "mtcnn-p":
        write_layers(path, proposal_numbers(mtcnn.PNet()))
        return
    if net.startswith("mtcnn-"):
        plan, numbers = refinement_plan(mtcnn.RNet() if net == "mtcnn-r" else mtcnn.ONet())
    else:
        plan, numbers = inception_plan(load_inception_resnet(net, source))
    write_net(path, plan, numbers)


def _export_mtcnn(letter: str, path: Path) -> None:
    from facenet_pytorch.models import mtcnn

    if letter == "p":
        _write(ProposalNet(mtcnn.PNet()), (1, 3, 64, 64), path, ["cells"], ["height", "width"])
    elif letter == "r":
        _write(refinement_net(mtcnn.RNet()), (2, 3, 24, 24), path, ["offsets", "face"])
    else:
        outputs = ["offsets", "landmarks", "face"]
        _write(refinement_net(mtcnn.ONet()), (2, 3, 48, 48), path, outputs)


def _write(
    module: nn.Module,
    shape: tuple[int, ...],
    path: Path,
    outputs: list[str],
    free_axes: Sequence[str] = (),
) -> None:
    """Write a module as ONNX: the number of pictures is free, their size where it is named.

    The exporter that works by tracing is used, because torch's newer one asks for a package more;
    its warnings are about that, and about the one shape that a traced reshape knows.
    """
    axes = {0: "pictures", **{2 + i: name for i, name in enumerate(free_axes)}}
    options: dict[str, Any] = {
        "input_names": [INPUT],
        "output_names": outputs,
        "dynamic_axes": {INPUT: axes, **{name: {0: "pictures"} for name in outputs}},
        "opset_version": OPSET,
        "dynamo": False,
    }
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(module.eval(), (torch.zeros(*shape),), str(path), **options)
