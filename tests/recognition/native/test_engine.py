"""The engine against torch: convolutions, maxima, P-Net and resizing, of any shape; suppression
against numpy. All of it for each width of registers that this processor has, and for ARM's by
emulation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from recognition.detection.boxes import Overlap, numpy_greedy
from recognition.detection.mtcnn import sigmoid
from recognition.export.engine.packing import DENSE_NUMBERS, is_dense
from recognition.export.engine.plan_builder import PlanBuilder
from recognition.export.layers import Convolution
from recognition.export.nets import proposal_numbers
from recognition.native.engine import Engine
from recognition.native.native_net import NativeNet
from recognition.native.net_file import write_net
from recognition.native.plan import DENSE, INPUT
from tests.recognition.engines import engine_or_skip, usable_widths
from tests.recognition.native.emulated import emulated_neon
from tests.recognition.pictures import noise
from tests.recognition.torch_when_used import mtcnn, nn, torch

few = settings(max_examples=30, deadline=None)


HERE = [pytest.param(width, id=width.name) for width in usable_widths() or [None]]
EMULATED = pytest.param("emulated", id="neon", marks=pytest.mark.system)


@pytest.fixture(scope="module", params=[*HERE, EMULATED])
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("engine")
    if request.param == "emulated":
        with emulated_neon(folder) as emulated:
            yield emulated
    else:
        yield engine_or_skip(folder, request.param)


@pytest.fixture(scope="module")
def net_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nets") / "a.net"


def net_of(builder: PlanBuilder, outputs: int, file: Path, engine: Engine) -> NativeNet:
    write_net(file, *builder.built(outputs))
    return NativeNet(file, engine, at_once=3)


def random_convolution(
    seed: int, inputs: int, outputs: int, kernel: tuple[int, int], stride: int
) -> Convolution:
    random = np.random.default_rng(seed)
    return Convolution(
        weights=random.standard_normal((outputs, inputs, *kernel), np.float32),
        bias=random.standard_normal(outputs, np.float32),
        slopes=random.random(outputs, np.float32),
        stride=stride,
        padding=(kernel[0] // 2, kernel[1] // 2),
    )


def by_torch(layer: Convolution, x: torch.Tensor, groups: int = 1) -> torch.Tensor:
    weights, bias = torch.from_numpy(layer.weights), torch.from_numpy(layer.bias)
    y = nn.functional.conv2d(x, weights, bias, layer.stride, layer.padding, groups=groups)
    return nn.functional.prelu(y, torch.from_numpy(layer.slopes))


@few
@given(
    images=st.integers(1, 7), height=st.integers(3, 23), width=st.integers(3, 23),
    middle=st.sampled_from([5, 16, 28, 48, 80]), outputs=st.integers(1, 120),
    kernel=st.tuples(st.sampled_from([1, 3]), st.sampled_from([1, 3])),
    stride=st.integers(1, 2), seed=st.integers(0, 99),
)  # fmt: skip
def test_convolutions_are_torch_s(
    engine: Engine, net_file: Path, images: int, height: int, width: int, middle: int,
    outputs: int, kernel: tuple[int, int], stride: int, seed: int,
) -> None:  # fmt: skip
    """Two of them: what only fills blocks of channels counts nothing, and borders are zero."""
    first = random_convolution(seed, 3, middle, (1, 1), 1)
    second = random_convolution(seed + 1, middle, outputs, kernel, stride)
    builder = PlanBuilder()
    x = builder.then(INPUT, first, border=second.padding)
    builder.then(x, second)
    net = net_of(builder, outputs, net_file, engine)
    pixels = np.random.default_rng(seed).random((images, height, width, 3), dtype=np.float32)

    found = net(pixels)

    values = by_torch(first, torch.from_numpy(pixels).permute(0, 3, 1, 2))
    expected = by_torch(second, values).permute(0, 2, 3, 1).numpy()
    rounding = 1e-5 * float(np.abs(expected).max())  # sums of hundreds cancel each other out
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=rounding)


@few
@given(
    height=st.integers(3, 20), width=st.integers(3, 20), kernel=st.integers(2, 3),
    reaches_over=st.booleans(), seed=st.integers(0, 99),
)  # fmt: skip
def test_maxima_are_torch_s(
    engine: Engine, net_file: Path, height: int, width: int, kernel: int, reaches_over: bool,
    seed: int,
) -> None:  # fmt: skip
    layer = random_convolution(seed, 3, 32, (1, 1), 1)
    pool = nn.MaxPool2d(kernel, 2, ceil_mode=reaches_over)
    builder = PlanBuilder()
    builder.then_maximum(builder.then(INPUT, layer), kernel, reaches_over=reaches_over)
    net = net_of(builder, 32, net_file, engine)
    pixels = np.random.default_rng(seed).random((2, height, width, 3), dtype=np.float32)

    found = net(pixels)

    expected = pool(by_torch(layer, torch.from_numpy(pixels).permute(0, 3, 1, 2)))
    np.testing.assert_allclose(found, expected.permute(0, 2, 3, 1).numpy(), rtol=1e-5, atol=1e-5)


@few
@given(
    height=st.integers(1, 23), width=st.integers(1, 23), channels=st.sampled_from([5, 16, 40, 512]),
    side=st.sampled_from([1, 3, 5]), stride=st.integers(1, 2), seed=st.integers(0, 99),
)  # fmt: skip
def test_convolutions_of_each_channel_alone_are_torch_s(
    engine: Engine, net_file: Path, height: int, width: int, channels: int, side: int,
    stride: int, seed: int,
) -> None:  # fmt: skip
    first = random_convolution(seed, 3, channels, (1, 1), 1)
    alone = random_convolution(seed + 1, 1, channels, (side, side), stride)
    builder = PlanBuilder()
    builder.then_depthwise(builder.then(INPUT, first, border=alone.padding), alone)
    net = net_of(builder, channels, net_file, engine)
    pixels = np.random.default_rng(seed).random((2, height, width, 3), dtype=np.float32)

    found = net(pixels)

    values = by_torch(first, torch.from_numpy(pixels).permute(0, 3, 1, 2))
    expected = by_torch(alone, values, groups=channels).permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


@few
@given(
    height=st.integers(2, 23), width=st.integers(4, 23), channels=st.sampled_from([16, 40]),
    seed=st.integers(0, 99),
)  # fmt: skip
def test_of_each_channel_alone_the_largest_of_four_are_torch_s(
    engine: Engine, net_file: Path, height: int, width: int, channels: int, seed: int
) -> None:
    first = random_convolution(seed, 3, channels, (1, 1), 1)
    alone = random_convolution(seed + 1, 1, channels, (3, 3), 1)
    builder = PlanBuilder()
    builder.then_pooled_depthwise(builder.then(INPUT, first, border=(1, 1)), alone)
    net = net_of(builder, channels, net_file, engine)
    pixels = np.random.default_rng(seed).random((2, height, width, 3), dtype=np.float32)

    found = net(pixels)

    values = by_torch(first, torch.from_numpy(pixels).permute(0, 3, 1, 2))
    largest = nn.functional.max_pool2d(by_torch(alone, values, groups=channels), 2)
    expected = largest.permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


@few
@given(
    images=st.integers(1, 3), side=st.integers(1, 3), outputs=st.sampled_from([16, 40, 128]),
    seed=st.integers(0, 99),
)  # fmt: skip
def test_large_dense_layers_are_torch_s_but_for_16_bits(
    engine: Engine, net_file: Path, images: int, side: int, outputs: int, seed: int
) -> None:
    inputs = DENSE_NUMBERS // (outputs * side**2) + 1
    first = random_convolution(seed, 3, inputs, (1, 1), 1)
    dense = replace(
        random_convolution(seed, inputs, outputs, (side, side), 1),
        padding=(0, 0), gives_one_pixel=True,
    )  # fmt: skip
    builder = PlanBuilder()
    builder.then(builder.then(INPUT, first), dense)
    net = net_of(builder, outputs, net_file, engine)
    pixels = np.random.default_rng(seed).random((images, side, side, 3), dtype=np.float32)

    found = net(pixels)

    values = by_torch(first, torch.from_numpy(pixels).permute(0, 3, 1, 2))
    as_halves = replace(dense, weights=dense.weights.astype(np.float16).astype(np.float32))
    expected = by_torch(as_halves, values).permute(0, 2, 3, 1).numpy()
    rounding = 1e-5 * float(np.abs(expected).max())
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=rounding)
    assert DENSE in {step.kind for step in net._plan.steps}


def test_a_dense_layer_that_16_bits_do_not_hold_keeps_32() -> None:
    layer = replace(random_convolution(1, 1024, 1032, (1, 1), 1), gives_one_pixel=True)

    assert is_dense(layer)
    for scale in (1e5, 1e-6):
        assert not is_dense(replace(layer, weights=layer.weights * np.float32(scale)))


@few
@given(height=st.integers(1, 9), width=st.integers(1, 9), seed=st.integers(0, 99))
def test_half_a_picture_is_added_to_the_whole_one(
    engine: Engine, net_file: Path, height: int, width: int, seed: int
) -> None:
    """As YuNet's coarser cells are to the finer ones; what was computed first stays, too."""
    layer = random_convolution(seed, 3, 32, (1, 1), 1)
    builder = PlanBuilder()
    x = builder.then(INPUT, layer)
    half = builder.then_maximum(x, 2)
    builder.add_enlarged(half, x)
    write_net(net_file, *builder.built(32, results=(half, x)))
    net = NativeNet(net_file, engine, at_once=2)
    pixels = np.random.default_rng(seed).random((2, 2 * height, 2 * width, 3), dtype=np.float32)

    small, large = net.all_of(pixels)

    values = by_torch(layer, torch.from_numpy(pixels).permute(0, 3, 1, 2))
    halved = nn.functional.max_pool2d(values, 2)
    expected = values + nn.functional.interpolate(halved, scale_factor=2, mode="nearest")
    np.testing.assert_allclose(small, halved.permute(0, 2, 3, 1).numpy(), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(large, expected.permute(0, 2, 3, 1).numpy(), rtol=1e-5, atol=1e-5)


@few
@given(adds=st.booleans(), images=st.integers(1, 3), seed=st.integers(0, 99))
def test_gates_are_sigmoids_of_another_tensor(
    engine: Engine, net_file: Path, adds: bool, images: int, seed: int
) -> None:
    layer, gating = (random_convolution(seed, n, 32, (1, 1), 1) for n in (3, 32))
    builder = PlanBuilder()
    x = builder.then(INPUT, layer)
    builder.gate(x, builder.then(builder.then_mean(x), gating), x, adds=adds)
    net = net_of(builder, 32, net_file, engine)
    pixels = np.random.default_rng(seed).random((images, 5, 7, 3), dtype=np.float32)

    found = net(pixels)

    values = by_torch(layer, torch.from_numpy(pixels).permute(0, 3, 1, 2))
    gates = torch.sigmoid(by_torch(gating, values.mean(dim=(2, 3), keepdim=True)))
    expected = values * gates + (values if adds else 0)
    np.testing.assert_allclose(found, expected.permute(0, 2, 3, 1).numpy(), rtol=1e-4, atol=1e-4)


@few
@given(
    height=st.integers(1, 60), width=st.integers(1, 60),
    new_height=st.integers(1, 60), new_width=st.integers(1, 60), seed=st.integers(0, 99),
)  # fmt: skip
def test_resizing_is_torch_s_area_mode(
    engine: Engine, height: int, width: int, new_height: int, new_width: int, seed: int
) -> None:
    picture = noise(width, height, seed)
    planes = torch.from_numpy(picture).permute(2, 0, 1)[None].float()
    expected = nn.functional.interpolate(planes, size=(new_height, new_width), mode="area")

    planes = engine.resize_to_planes(picture, new_height, new_width)
    found = planes[:, : new_height * new_width].reshape(3, new_height, new_width)

    np.testing.assert_allclose(found, expected[0].numpy(), atol=1e-3)


@few
@given(
    left=st.integers(0, 49), top=st.integers(0, 39), height=st.sampled_from([24, 48]),
    width=st.sampled_from([24, 31]), data=st.data(),
)  # fmt: skip
def test_crops_are_rectangles_resized(
    engine: Engine, left: int, top: int, height: int, width: int, data: st.DataObject
) -> None:
    picture = noise(50, 40)
    right, bottom = data.draw(st.integers(left + 1, 50)), data.draw(st.integers(top + 1, 40))
    part = torch.from_numpy(picture[top:bottom, left:right]).permute(2, 0, 1)[None].float()
    expected = nn.functional.interpolate(part, size=(height, width), mode="area")

    bounds = np.array([[0, 0, 1, 1], [left, top, right, bottom]])
    found = engine.crops(picture, bounds, height, width)

    np.testing.assert_allclose(found[1], expected[0].permute(1, 2, 0).numpy(), atol=1e-3)
    np.testing.assert_array_equal(found[0], np.broadcast_to(picture[0, 0], (height, width, 3)))


@few
@given(height=st.integers(12, 70), width=st.integers(12, 200), seed=st.integers(0, 99))
def test_proposals_are_p_net_s(
    engine: Engine, proposal: nn.Module, height: int, width: int, seed: int
) -> None:
    """Levels of any size: odd ones, where pooling has half a window, and more than a band."""
    picture = noise(width, height, seed)
    pixels = torch.from_numpy(picture).permute(2, 0, 1)[None].float()
    with torch.no_grad():
        offsets, faces = proposal((pixels - 127.5) * 0.0078125)

    level = engine.resize_to_planes(picture, height, width)
    state = {name: values.numpy() for name, values in proposal.state_dict().items()}
    found = engine.propose(level, height, width, proposal_numbers(state))

    assert found.shape == (5, *faces.shape[2:])
    np.testing.assert_allclose(sigmoid(found[0]), faces[0, 1].numpy(), atol=1e-5)
    np.testing.assert_allclose(found[1:], offsets[0].numpy(), atol=1e-4)


@pytest.fixture(scope="module")
def proposal() -> nn.Module:
    return mtcnn.PNet().eval()


@few
@given(
    boxes=st.lists(st.tuples(*[st.integers(0, 30)] * 4), max_size=80),
    most=st.sampled_from([0.0, 0.3, 0.5, 0.7]), over=st.sampled_from(["union", "smaller"]),
)  # fmt: skip
def test_suppression_is_numpy_s(
    engine: Engine, boxes: list[tuple[int, ...]], most: float, over: Overlap
) -> None:
    """Boxes without an area among them, and such whose right edge is left of the left one."""
    ranked = np.array(boxes, np.float32).reshape(-1, 4)

    found = engine.greedy(ranked, np.float32(most), over)

    np.testing.assert_array_equal(found, numpy_greedy(ranked, np.float32(most), over))


@few
@given(
    images=st.integers(1, 3), height=st.integers(3, 23), width=st.integers(3, 23),
    stride=st.integers(1, 2), seed=st.integers(0, 99),
)  # fmt: skip
def test_bytes_are_taken_as_their_numbers(
    engine: Engine, net_file: Path, images: int, height: int, width: int, stride: int, seed: int
) -> None:
    """Rows become numbers when a layer reads them, and also those that only a second one reads."""
    first, second = (random_convolution(seed, 3, 80, (side, side), stride) for side in (1, 3))
    builder = PlanBuilder(second.padding)
    results = builder.then(INPUT, first), builder.then(INPUT, second)
    write_net(net_file, *builder.built(80, results))
    pixels = np.random.default_rng(seed).integers(0, 256, (images, height, width, 3), np.uint8)

    by_bytes, by_numbers = (
        NativeNet(net_file, engine, at_once=3).all_of(each)
        for each in (pixels, pixels.astype(np.float32))
    )

    for found, expected in zip(by_bytes, by_numbers, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_no_picture_gives_no_output(engine: Engine, net_file: Path) -> None:
    builder = PlanBuilder()
    builder.then(INPUT, random_convolution(1, 3, 16, (1, 1), 1))
    net = net_of(builder, 16, net_file, engine)

    assert net(np.zeros((0, 4, 4, 3), np.float32)).shape == (0, 4, 4, 16)
