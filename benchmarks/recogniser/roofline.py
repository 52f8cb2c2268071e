"""`python -m benchmarks.recogniser.roofline`: each net beside what this core can do at most.

A layer can't take less than its sums need at the core's peak, nor less than its numbers need to
come from memory. A net's limit is the sum over its layers. Winograd's way saves sums, so that a
net may pass 100 %.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import ModelProto, shape_inference
from PIL import Image

from benchmarks.recogniser import material
from benchmarks.recogniser.running import pin_to, usable_cores
from recognition.detection.mtcnn import (
    CELL,
    DECIDE_SIZE,
    REFINE_SIZE,
    Mtcnn,
    SeenPicture,
    pyramid_scales,
)
from recognition.detection.yunet import STRIDES
from recognition.embedding.onnx_net import OnnxNet
from recognition.native.cascade import NativeCascade
from recognition.native.compiling import load_engine
from recognition.native.native_net import NativeNet
from recognition.native.net_file import read_net
from recognition.native.plan import CONVOLUTION, WINOGRAD, Plan, shaped
from recognition.registry.exported import checked_file
from recognition.registry.models import MODELS
from recognition.types import RgbPicture

RUNS = 15
PROPOSAL_LAYERS = ((3, 10, 3, 2), (10, 16, 3, 1), (16, 32, 3, 1), (32, 5, 1, 1))
"""P-Net: inputs, outputs, kernel, and by how much its result is pooled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """What a layer needs: sums of a product each, and numbers that are read or written."""

    sums: float
    numbers: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Peaks:
    """What one core can do: sums and numbers a second."""

    sums: float
    numbers: float

    def milliseconds(self, layers: Sequence[Layer]) -> float:
        """The least time that layers can take, one after the other."""
        return 1000 * sum(max(it.sums / self.sums, it.numbers / self.numbers) for it in layers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A net's run over a picture: what it needs, and what it took."""

    name: str
    layers: Sequence[Layer]
    milliseconds: float


def measured_peaks() -> Peaks:
    """This core's, by OpenBLAS: a product of large matrices, and one of long vectors."""
    square = np.ones((1024, 1024), np.float32)
    long, other = np.ones(32_000_000, np.float32), np.ones(32_000_000, np.float32)
    sums = 1024**3 / (fastest(lambda: square @ square) / 1000)
    return Peaks(sums=sums, numbers=2 * len(long) / (fastest(lambda: long @ other) / 1000))


def fastest(work: Callable[[], object]) -> float:
    """The shortest of some runs, in milliseconds."""
    return min(_runs(work))


def usual(work: Callable[[], object]) -> float:
    return statistics.median(_runs(work))


def _runs(work: Callable[[], object]) -> Iterator[float]:
    work()
    for _ in range(RUNS):
        began = time.perf_counter()
        work()
        yield 1000 * (time.perf_counter() - began)


def graph_layers(model: ModelProto, shape: Sequence[int]) -> list[Layer]:
    """The convolutions and dense layers of a graph whose input has this shape."""
    for dimension, length in zip(
        model.graph.input[0].type.tensor_type.shape.dim, shape, strict=True
    ):
        dimension.dim_value = length
    graph = shape_inference.infer_shapes(model, data_prop=True).graph
    shapes = {
        value.name: [each.dim_value for each in value.type.tensor_type.shape.dim]
        for value in (*graph.value_info, *graph.output, *graph.input)
    }
    weights = {each.name: list(each.dims) for each in graph.initializer}
    return [
        _graph_layer(weights[node.input[1]], shapes[node.input[0]], shapes[node.output[0]])
        for node in graph.node
        if node.op_type in ("Conv", "Gemm", "MatMul") and node.input[1] in weights
    ]


def _graph_layer(weights: Sequence[int], source: Sequence[int], result: Sequence[int]) -> Layer:
    pixels = math.prod(result[2:]) if len(weights) == 4 else 1
    needed = math.prod(weights)
    return Layer(sums=needed * pixels, numbers=needed + math.prod(source) + math.prod(result))


def plan_layers(plan: Plan, side: int, images: int) -> list[Layer]:
    """The convolutions of the engine's plan for squares, `images` of them."""
    rows = shaped(plan, side, side, 1)
    layers = []
    for step, row in zip(plan.steps, rows.steps.tolist(), strict=True):
        if step.kind in (CONVOLUTION, WINOGRAD):
            pixels, weights = row[12] * row[13], step.inputs * step.outputs * math.prod(step.kernel)
            moved = math.prod(rows.tensors[step.source, 1:4].tolist()) + pixels * step.outputs
            layers.append(Layer(sums=images * pixels * weights, numbers=weights + images * moved))
    return layers


def proposal_layers(height: int, width: int) -> list[Layer]:
    """P-Net's layers over one level of its pyramid."""
    layers = []
    for inputs, outputs, kernel, pooled in PROPOSAL_LAYERS:
        before = height * width * inputs
        height, width = height - kernel + 1, width - kernel + 1
        weights, pixels = inputs * outputs * kernel**2, height * width
        layers.append(Layer(sums=pixels * weights, numbers=before + pixels * outputs / pooled**2))
        height, width = -(-height // pooled), -(-width // pooled)
    return layers


class Recording:
    """MTCNN's nets, and how many crops each of the later two was given."""

    def __init__(self, nets: NativeCascade) -> None:
        self._nets = nets
        self.bounds: dict[str, Any] = {}

    def looking_at(self, picture: RgbPicture) -> SeenPicture:
        seen = self._nets.looking_at(picture)
        for name in ("refined", "decided"):
            setattr(seen, name, self._recorded(name, getattr(seen, name)))
        return seen

    def _recorded(self, name: str, look: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def recorded(bounds: Any) -> Any:
            self.bounds[name] = bounds
            return look(bounds)

        return recorded


def compact_stages(weights_dir: Path, picture: RgbPicture) -> Iterator[Stage]:
    """YuNet and SFace, on ONNX Runtime."""
    sides = [-(-side // STRIDES[-1]) * STRIDES[-1] for side in picture.shape[:2]]
    pixels = MODELS["sface"].crop_pixels
    for name, shape in (("yunet", (1, 3, *sides)), ("sface", (1, 3, pixels, pixels))):
        net, values = OnnxNet(name, weights_dir), np.full(shape, 127, np.float32)
        layers = graph_layers(onnx.load(str(checked_file(name, weights_dir))), shape)
        yield Stage(name=name, layers=layers, milliseconds=usual(partial(net, values)))


def engine_stages(weights_dir: Path, picture: RgbPicture, model: str) -> Iterator[Stage]:
    """MTCNN and InceptionResnetV1, on the engine."""
    engine = load_engine(weights_dir, print)
    nets = NativeCascade.load(weights_dir, engine)
    height, width = picture.shape[:2]
    levels = [
        (int(height * scale + 1), int(width * scale + 1))
        for scale in pyramid_scales(width, height, 20)
    ]
    seen = nets.looking_at(picture)
    yield Stage(
        name=f"P-Net, {CELL} pixels and more",
        layers=[layer for level in levels for layer in proposal_layers(*level)],
        milliseconds=usual(lambda: [seen.proposals(*level) for level in levels]),
    )
    recording = Recording(nets)
    Mtcnn(recording).detect(picture)
    for name, net, side, look in (
        ("R-Net", "native-mtcnn-r", REFINE_SIZE, "refined"),
        ("O-Net", "native-mtcnn-o", DECIDE_SIZE, "decided"),
    ):
        bounds = recording.bounds[look]
        layers = plan_layers(read_net(checked_file(net, weights_dir))[0], side, len(bounds))
        took = usual(partial(getattr(seen, look), bounds))
        yield Stage(name=f"{name}, {len(bounds)} crops", layers=layers, milliseconds=took)
    name, side = f"native-{MODELS[model].net}", MODELS[model].crop_pixels
    file, face = checked_file(name, weights_dir), np.full((1, side, side, 3), 127, np.float32)
    embed, layers = NativeNet(file, engine), plan_layers(read_net(file)[0], side, 1)
    took = usual(partial(embed, face))
    yield Stage(name="InceptionResnetV1", layers=layers, milliseconds=took)


def table(peaks: Peaks, stages: Sequence[tuple[str, Stage]]) -> str:
    """A line for each net: what it computes, its limit, what it took, its share of the limit."""
    lines = [
        f"\none core: {2 * peaks.sums / 1e9:.0f} GFLOP/s in a matrix product, "
        f"{4 * peaks.numbers / 1e9:.1f} GB/s from memory",
        f"{'net':28}{'picture':>10}{'MFLOP':>9}{'limit ms':>10}{'took ms':>9}{'share':>8}",
    ]
    for label, stage in stages:
        limit = peaks.milliseconds(stage.layers)
        flop = 2 * sum(layer.sums for layer in stage.layers)
        lines.append(
            f"{stage.name:28}{label:>10}{flop / 1e6:9.0f}{limit:10.2f}{stage.milliseconds:9.2f}"
            f"{limit / stage.milliseconds:8.0%}"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure and print the table, on one core."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recogniser.roofline")
    parser.add_argument("--weights", type=Path, default=Path("var/weights"), metavar="FOLDER")
    parser.add_argument("--model", default="vggface2", help="whose InceptionResnetV1")
    parsed = parser.parse_args()
    pin_to(usable_cores()[:1])
    portrait = material.sample_portraits()[0]
    stages = [
        (f"{width}x{height}", stage)
        for width, height in material.SIZES
        for picture in [np.asarray(portrait.resize((width, height), Image.Resampling.BOX))]
        for stage in (
            *compact_stages(parsed.weights, picture),
            *engine_stages(parsed.weights, picture, parsed.model),
        )
    ]
    print(table(measured_peaks(), stages))  # noqa: T201


if __name__ == "__main__":
    main()
