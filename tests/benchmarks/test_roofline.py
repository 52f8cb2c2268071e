"""What a net needs at least: its sums and numbers are counted, and the slower of both counts."""

from __future__ import annotations

import numpy as np

from benchmarks.recogniser.roofline import (
    Layer,
    Peaks,
    Stage,
    plan_layers,
    proposal_layers,
    table,
)
from recognition.export.engine.plan_builder import PlanBuilder
from recognition.export.layers import Convolution
from recognition.native.plan import INPUT


def test_a_plan_s_convolution_counts_each_picture_and_its_weights_once() -> None:
    builder = PlanBuilder()
    zeros = np.zeros(16, np.float32)
    weights = np.zeros((16, 3, 3, 3), np.float32)
    x = builder.then(INPUT, Convolution(weights=weights, bias=zeros, slopes=zeros))
    alone = np.zeros((16, 1, 3, 3), np.float32)
    builder.then_depthwise(x, Convolution(weights=alone, bias=zeros, slopes=zeros))
    plan, _ = builder.built(16)

    layer, depthwise = plan_layers(plan, 12, 14, 4)

    assert layer == Layer(sums=4 * 10 * 12 * 16 * 27, numbers=16 * 27)
    assert depthwise == Layer(sums=4 * 8 * 10 * 16 * 9, numbers=16 * 9)


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
