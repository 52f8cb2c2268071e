"""`python -m benchmarks.recogniser.roofline`: each net beside what this core can do at most.

A layer can't take less than its sums need at the core's peak, nor less than its weights need to
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
from recognition.export.engine.plan_builder import PlanBuilder
from recognition.export.layers import Convolution
from recognition.native.cascade import NativeCascade
from recognition.native.compiling import load_engine
from recognition.native.engine import Engine
from recognition.native.native_net import NativeNet
from recognition.native.net_file import read_net
from recognition.native.plan import (
    CONVOLUTION,
    DENSE,
    DEPTHWISE,
    INPUT,
    POOLED_DEPTHWISE,
    WINOGRAD,
    Plan,
    shaped,
)
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


def measured_peaks(engine: Engine) -> Peaks:
    """This core's: the better of a product of large matrices by OpenBLAS and one by the engine,
    which comes nearer to what registers allow; and OpenBLAS's product of long vectors."""
    square = np.ones((1024, 1024), np.float32)
    long, other = np.ones(32_000_000, np.float32), np.ones(32_000_000, np.float32)
    side, channels, builder, x = 14, 512, PlanBuilder(), INPUT
    for inputs in (3, channels):
        weights, ones = square[:channels, :inputs, None, None], square[0, :channels]
        x = builder.then(x, Convolution(weights=weights, bias=ones, slopes=ones))
    plan, numbers = builder.built(channels)
    product = shaped(plan, side, side, 1)
    values = np.zeros(product.values, np.float32)
    sums = 1000 * max(
        1024**3 / fastest(lambda: square @ square),
        side**2 * (3 + channels) * channels
        / fastest(lambda: engine.run(product, numbers, values, 1)),
    )  # fmt: skip
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


def plan_layers(plan: Plan, height: int, width: int, images: int) -> list[Layer]:
    """The convolutions of the engine's plan, for `images` pictures."""
    rows = shaped(plan, height, width, 1)
    layers = []
    for step, row in zip(plan.steps, rows.steps.tolist(), strict=True):
        pixels, weights = row[12] * row[13], step.outputs * math.prod(step.kernel)
        if step.kind in (CONVOLUTION, WINOGRAD, DENSE):
            weights *= step.inputs
        elif step.kind == POOLED_DEPTHWISE:
            pixels, weights = 4 * pixels, 9 * step.outputs
        elif step.kind != DEPTHWISE:
            continue
        numbers = weights / 2 if step.kind == DENSE else weights
        layers.append(Layer(sums=images * pixels * weights, numbers=numbers))
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


def compact_stages(weights_dir: Path, picture: RgbPicture, engine: Engine) -> Iterator[Stage]:
    """YuNet and SFace."""
    cells = [-(-side // STRIDES[-1]) * STRIDES[-1] for side in picture.shape[:2]]
    pixels = MODELS["sface"].crop_pixels
    for name, (height, width) in (("yunet", cells), ("sface", (pixels, pixels))):
        file = checked_file(f"native-{name}", weights_dir)
        net, values = NativeNet(file, engine), np.full((1, height, width, 3), 127, np.uint8)
        layers = plan_layers(read_net(file)[0], height, width, 1)
        yield Stage(name=name, layers=layers, milliseconds=usual(partial(net.all_of, values)))


def engine_stages(
    weights_dir: Path, picture: RgbPicture, engine: Engine, model: str
) -> Iterator[Stage]:
    """MTCNN and InceptionResnetV1."""
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
        layers = plan_layers(read_net(checked_file(net, weights_dir))[0], side, side, len(bounds))
        took = usual(partial(getattr(seen, look), bounds))
        yield Stage(name=f"{name}, {len(bounds)} crops", layers=layers, milliseconds=took)
    name, side = f"native-{MODELS[model].net}", MODELS[model].crop_pixels
    file, face = checked_file(name, weights_dir), np.full((1, side, side, 3), 127, np.float32)
    embed, layers = NativeNet(file, engine), plan_layers(read_net(file)[0], side, side, 1)
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
    portrait, engine = material.sample_portraits()[0], load_engine(parsed.weights, print)
    stages = [
        (f"{width}x{height}", stage)
        for width, height in material.SIZES
        for picture in [np.asarray(portrait.resize((width, height), Image.Resampling.BOX))]
        for stage in (
            *compact_stages(parsed.weights, picture, engine),
            *engine_stages(parsed.weights, picture, engine, parsed.model),
        )
    ]
    print(table(measured_peaks(engine), stages))  # noqa: T201


if __name__ == "__main__":
    main()
