"""What a net needs at least: its sums and numbers are counted, and the slower of both counts."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from benchmarks.recogniser.roofline import (
    Layer,
    Peaks,
    Stage,
    graph_layers,
    plan_layers,
    proposal_layers,
    table,
)
from recognition.export.engine.plan_builder import PlanBuilder
from recognition.export.layers import Convolution
from recognition.native.plan import INPUT


def test_a_graph_s_convolution_counts_products_weights_and_values() -> None:
    weights = numpy_helper.from_array(np.zeros((8, 3, 3, 3), np.float32), "w")
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, "h", "w"])
    made = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    node = helper.make_node("Conv", ["x", "w"], ["y"], pads=[1, 1, 1, 1], strides=[2, 2])
    model = helper.make_model(helper.make_graph([node], "net", [given], [made], [weights]))

    (layer,) = graph_layers(onnx.load_from_string(model.SerializeToString()), (1, 3, 32, 64))

    assert layer.sums == 16 * 32 * 8 * 27
    assert layer.numbers == 8 * 27 + 3 * 32 * 64 + 8 * 16 * 32


def test_a_plan_s_convolution_counts_each_picture_and_its_weights_once() -> None:
    builder = PlanBuilder()
    zeros = np.zeros(16, np.float32)
    weights = np.zeros((16, 3, 3, 3), np.float32)
    builder.then(INPUT, Convolution(weights=weights, bias=zeros, slopes=zeros))
    plan, _ = builder.built(16)

    (layer,) = plan_layers(plan, 12, 4)

    assert layer.sums == 4 * 100 * 16 * 27
    assert layer.numbers == 16 * 27 + 4 * (3 * 144 + 100 * 16)


def test_the_smallest_level_has_one_cell() -> None:
    first, second, third, heads = proposal_layers(12, 12)

    assert (first.sums, second.sums) == (100 * 270, 9 * 1440)
    assert (third.sums, heads.sums) == (4608, 160)


def test_a_layer_takes_as_long_as_the_slower_of_sums_and_memory() -> None:
    peaks = Peaks(sums=1000.0, numbers=100.0)

    assert peaks.milliseconds([Layer(sums=50, numbers=1), Layer(sums=1, numbers=20)]) == 250.0


def test_the_table_tells_the_share_of_the_limit() -> None:
    stage = Stage(name="net", layers=[Layer(sums=1e9, numbers=0)], milliseconds=40.0)

    told = table(Peaks(sums=50e9, numbers=5e9), [("250x250", stage)])

    assert "100 GFLOP/s" in told and "20.0 GB/s" in told
    assert told.splitlines()[-1].split() == ["net", "250x250", "2000", "20.00", "40.00", "50%"]
