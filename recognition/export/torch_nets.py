"""Nets that are built in torch and traced: MTCNN's, InceptionResnetV1 and dlib's ResNet."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from recognition.export.dlib_net import DlibNet
from recognition.export.mtcnn_nets import ProposalNet, refinement_net, taking_pixels
from recognition.export.native_inception import inception_plan
from recognition.export.native_nets import proposal_numbers, refinement_plan
from recognition.native.net_file import write_layers, write_net
from recognition.torch_reference import load_inception_resnet

OPSET = 17
INPUT = "pixels"


def export_float(net: str, source: Path, path: Path) -> None:
    if net == "dlib":
        _write(DlibNet(source), (2, 3, 150, 150), path, ["embeddings"])
    elif net.startswith("mtcnn-"):
        _export_mtcnn(net.removeprefix("mtcnn-"), path)
    else:
        module = load_inception_resnet(net, source)
        module.conv2d_1a.conv = taking_pixels(module.conv2d_1a.conv, scale=1.0 / 128.0)
        _write(module, (2, 3, 160, 160), path, ["embeddings"], ["height", "width"])


def export_native(net: str, source: Path, path: Path) -> None:
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
