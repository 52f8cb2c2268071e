"""Embedders that come as graphs: what is written for ONNX Runtime gives what the original gives."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from recognition.embedding.embedder import pixels_for
from recognition.errors import ExportMissing, WeightsCorrupt
from recognition.export.engine.graph_plan import graph_plan
from recognition.export.onnx.onnx_embedders import dequantised, read_graph, write_embedder
from recognition.native.native_net import NativeNet
from recognition.native.net_file import write_net
from recognition.registry import models
from recognition.registry.exported import folder_of
from recognition.registry.loading import load_recognizer
from recognition.registry.models import MODELS, Colours, Model
from recognition.registry.own_models import know_own_models
from tests.recognition.engines import engine_or_skip, put_engine
from tests.recognition.pictures import hopper, jpeg

SIDE, DIMENSION = 8, 16
random = np.random.default_rng(7)
MODEL = replace(MODELS["sface"], crop_pixels=SIDE, dimension=DIMENSION)
SLOPES = np.array([0.2, -0.1, 1.4, 0.0], np.float32).reshape(4, 1, 1)
"""One is over 1, where x is larger than slope * x no more."""


def block_quantised_net(path: Path, side: int = SIDE) -> Path:
    """As OpenCV's 8-bit files: weights in blocks, listed as inputs, reshaped; PReLU, BatchNorm."""
    constants = {
        "packed": random.integers(-127, 127, (4, 27), np.int8),
        "scales": random.uniform(0.001, 0.01, (4, 3)).astype(np.float32),
        "zeros": np.zeros((4, 3), np.int8),
        "shape": np.array([4, 3, 3, 3]),
        "slopes": SLOPES,
        "one_slope": np.array([0.25], np.float32),
        "last": random.standard_normal((4 * side * side, DIMENSION)).astype(np.float32) / 20,
        "beta": random.standard_normal(4).astype(np.float32),
        "gamma": random.uniform(0.5, 1.5, 4).astype(np.float32),
        "mean": random.standard_normal(4).astype(np.float32),
        "variance": random.uniform(0.5, 1.5, 4).astype(np.float32),
    }
    nodes = [
        helper.make_node(
            "DequantizeLinear", ["packed", "scales", "zeros"], ["flat"], axis=1, block_size=9
        ),
        helper.make_node("Reshape", ["flat", "shape"], ["weights"]),
        helper.make_node("Conv", ["data", "weights"], ["a"], pads=[1, 1, 1, 1]),
        helper.make_node("BatchNormalization", ["a", "gamma", "beta", "mean", "variance"], ["b"]),
        helper.make_node("PRelu", ["b", "slopes"], ["c"]),
        helper.make_node("PRelu", ["c", "one_slope"], ["d"]),
        helper.make_node("Flatten", ["d"], ["e"]),
        helper.make_node("MatMul", ["e", "last"], ["out"]),
    ]
    picture = helper.make_tensor_value_info("data", TensorProto.FLOAT, [1, 3, side, side])
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, DIMENSION])
    stale = helper.make_tensor_value_info("conv_weight", TensorProto.FLOAT, [4, 3, 3, 3])
    initialisers = [numpy_helper.from_array(values, name) for name, values in constants.items()]
    graph = helper.make_graph(nodes, "net", [picture, stale], [out], initialisers)
    opsets = [helper.make_opsetid("", 21)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=10), path)
    return path


def run(path: Path, pixels: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    inputs = {each.name: np.zeros(each.shape, np.float32) for each in session.get_inputs()}
    return session.run(None, inputs | {session.get_inputs()[0].name: pixels})[0]


def assert_the_same_vectors(original: Path, model: Model, folder: Path) -> None:
    """The engine embeds faces of noise as ONNX Runtime does by the original net."""
    write_net(folder / "a.net", *graph_plan(dequantised(read_graph([original])), model))
    net = NativeNet(folder / "a.net", engine_or_skip(folder))
    crops = random.integers(0, 256, (1, SIDE, SIDE, 3), np.uint8)

    found = net(crops)[:, 0, 0]

    expected = run(original, pixels_for(model, crops))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4 * abs(expected).max())


def a_face() -> np.ndarray:
    return random.uniform(0, 255, (1, 3, SIDE, SIDE)).astype(np.float32)


def test_a_rewritten_net_gives_the_same_vectors(tmp_path: Path) -> None:
    original = block_quantised_net(tmp_path / "original.onnx")
    write_embedder(MODEL, [original], tmp_path / "written.onnx")

    for _ in range(5):
        face = a_face()
        expected, found = run(original, face), run(tmp_path / "written.onnx", face)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4 * abs(expected).max())
    kinds = {node.op_type for node in onnx.load(str(tmp_path / "written.onnx")).graph.node}
    assert not kinds & {"PRelu", "DequantizeLinear", "Reshape"}


@pytest.mark.parametrize(("colours", "mean", "scale"), [("rgb", 0.0, 1.0), ("bgr", 127.5, 1 / 128)])
def test_the_engine_gives_the_same_vectors(
    colours: Colours, mean: float, scale: float, tmp_path: Path
) -> None:
    """What is 0 to the net's first layer lies around its pixels, whatever they are scaled by."""
    original = block_quantised_net(tmp_path / "original.onnx")
    model = replace(MODEL, colours=colours, pixel_mean=mean, pixel_scale=scale)

    assert_the_same_vectors(original, model, tmp_path)


def gated_net(path: Path, side: int = SIDE) -> Path:
    """As reid-0095: layers of each channel alone, gates with and without a shortcut, scalars."""
    sizes = {
        "first": (8, 3, 3, 3),
        "alone": (8, 1, 3, 3),
        "to_gates": (8, 8, 1, 1),
        "dense": (16, 8),
    }
    constants = {
        name: random.standard_normal(shape).astype(np.float32) / 3 for name, shape in sizes.items()
    }
    constants["shift"] = random.standard_normal((1, 8, 1, 1)).astype(np.float32)
    constants["slope"] = np.array([0.25], np.float32)
    around = {"pads": [1, 1, 1, 1]}
    nodes = [
        helper.make_node("Conv", ["data", "first"], ["a"], strides=[2, 2], **around),
        helper.make_node("Sub", ["a", "shift"], ["b"]),
        helper.make_node("PRelu", ["b", "slope"], ["c"]),
    ]
    for name, source in (("one", "c"), ("two", "one")):
        nodes += [
            helper.make_node("Conv", [source, "alone"], [f"{name}.a"], group=8, **around),
            helper.make_node("GlobalAveragePool", [f"{name}.a"], [f"{name}.b"]),
            helper.make_node("Conv", [f"{name}.b", "to_gates"], [f"{name}.c"]),
            helper.make_node("Sigmoid", [f"{name}.c"], [f"{name}.d"]),
            helper.make_node("Mul", [f"{name}.a", f"{name}.d"], [name if name == "one" else "e"]),
        ]
    nodes += [
        helper.make_node("Add", ["one", "e"], ["f"]),
        helper.make_node("GlobalAveragePool", ["f"], ["g"]),
        helper.make_node("Flatten", ["g"], ["h"]),
        helper.make_node("Gemm", ["h", "dense"], ["out"], transB=1),
    ]
    picture = helper.make_tensor_value_info("data", TensorProto.FLOAT, [1, 3, side, side])
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, DIMENSION])
    initialisers = [numpy_helper.from_array(values, name) for name, values in constants.items()]
    graph = helper.make_graph(nodes, "net", [picture], [out], initialisers)
    opsets = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    return path


def test_the_engine_knows_gates_and_layers_of_each_channel_alone(tmp_path: Path) -> None:
    original = gated_net(tmp_path / "original.onnx")

    assert_the_same_vectors(original, MODEL, tmp_path)


@pytest.mark.parametrize(
    ("kind", "inputs", "said"),
    [
        ("Tanh", ["data"], "it has a layer of the kind Tanh"),
        ("Add", ["data", "data"], "it adds two values, of which none has gates"),
        ("Mul", ["data", "data"], "it multiplies two values"),
        ("Sub", ["two", "data"], "it subtracts from a constant"),
        ("Mul", ["data", "two"], "it scales values that no convolution reads"),
    ],
)
def test_what_the_engine_can_t_run_is_named(kind: str, inputs: list[str], said: str) -> None:
    picture = helper.make_tensor_value_info("data", TensorProto.FLOAT, [1, 3, SIDE, SIDE])
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, 3, SIDE, SIDE])
    two = numpy_helper.from_array(np.array([2], np.float32), "two")
    graph = helper.make_graph(
        [helper.make_node(kind, inputs, ["out"])], "net", [picture], [out], [two]
    )

    with pytest.raises(WeightsCorrupt, match=f"the engine can't run the net sface: {said}"):
        graph_plan(helper.make_model(graph), MODEL)


def node(kind: str, *names: str, **about: object) -> onnx.NodeProto:
    """The last name is the result's."""
    return helper.make_node(kind, names[:-1], names[-1:], **about)


FIRST = node("Conv", "data", "first", "a", pads=[1, 1, 1, 1])
WHOLE = [node("GlobalAveragePool", "p", "q"), node("Conv", "q", "last", "out")]


@pytest.mark.parametrize(
    ("nodes", "said"),
    [
        ([node("Conv", "data", "first", "p", strides=[1, 2])], "its strides differ"),
        ([node("Conv", "data", "first", "p", auto_pad="SAME_UPPER")], "it leaves the padding"),
        ([node("Conv", "data", "each", "p", group=3)], "its first layer takes each channel alone"),
        ([node("GlobalAveragePool", "data", "p")], "its first layer is no convolution"),
        ([FIRST, node("Sigmoid", "a", "b"), node("Mul", "a", "b", "p")], "it has means, gates"),
        (
            [
                FIRST, node("Conv", "a", "narrow", "b"), node("GlobalAveragePool", "b", "c"),
                node("Sigmoid", "c", "d"), node("Mul", "a", "d", "p"),
            ],
            "it has gates for other channels",
        ),
        ([FIRST, node("AveragePool", "a", "p", kernel_shape=[2, 2])], "it has means, gates"),
        (
            [FIRST, node("Conv", "a", "narrow", "b"), node("Add", "b", "wide", "p")],
            "it has constants that are not one for each channel",
        ),
        (
            [FIRST, node("Conv", "a", "narrow", "b"), node("PRelu", "b", "wide", "p")],
            "it has constants that are not one for each channel",
        ),
        (
            [FIRST, node("GlobalAveragePool", "a", "b"), node("Flatten", "b", "c"),
             node("Gemm", "c", "dense", "p", alpha=0.5, transB=1)],
            "a dense layer scales or turns",
        ),
        ([FIRST, node("Conv", "a", "a", "p")], "it has a layer of another form"),
        ([FIRST, node("Conv", "a", "last", "out"), node("Identity", "a", "p")], "it has means"),
    ],
)  # fmt: skip
def test_a_net_that_the_engine_would_run_otherwise_is_refused(
    nodes: list[onnx.NodeProto], said: str
) -> None:
    """ONNX Runtime runs them all. The engine would give other vectors, or read beyond its own."""
    sizes = {
        "first": (8, 3, 3, 3), "each": (3, 1, 3, 3), "narrow": (1, 8, 1, 1), "wide": (8, 1, 1),
        "dense": (16, 8), "last": (16, 8, 1, 1),
    }  # fmt: skip
    constants = [
        numpy_helper.from_array(np.full(size, 0.5, np.float32), name)
        for name, size in sizes.items()
    ]
    picture = helper.make_tensor_value_info("data", TensorProto.FLOAT, [1, 3, SIDE, SIDE])
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, DIMENSION])
    whole = [] if any("out" in one.output for one in nodes) else WHOLE
    graph = helper.make_graph([*nodes, *whole], "net", [picture], [out], constants)

    with pytest.raises(WeightsCorrupt, match=said):
        graph_plan(helper.make_model(graph), MODEL)


def test_layers_behind_the_result_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.onnx"
    net = onnx.load(str(gated_net(path)))
    plan, _ = graph_plan(net, MODEL)
    net.graph.node.append(node("GlobalAveragePool", "f", "beside"))

    assert graph_plan(net, MODEL)[0].results == plan.results


def test_a_net_gets_what_it_expects_of_its_pixels() -> None:
    crops = random.integers(0, 256, (2, SIDE, SIDE, 3), np.uint8)
    model = replace(MODEL, colours="bgr", pixel_mean=127.5, pixel_scale=1 / 128)

    found = pixels_for(model, crops)

    expected = ((crops[..., ::-1] - 127.5) / 128).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_array_equal(pixels_for(MODEL, crops), crops.transpose(0, 3, 1, 2))


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (replace(MODEL, dimension=128), "makes vectors of 16, but the model says 128"),
        (replace(MODEL, crop_pixels=16), "does not run with faces of 16 pixels"),
    ],
)
def test_a_net_that_is_another_is_refused(model: Model, said: str, tmp_path: Path) -> None:
    original = block_quantised_net(tmp_path / "original.onnx")

    with pytest.raises(WeightsCorrupt, match=said):
        write_embedder(model, [original], tmp_path / "written.onnx")


def test_a_file_that_is_no_net_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"\xff\xff not a net")

    with pytest.raises(WeightsCorrupt, match=r"broken.onnx can't be read as an ONNX file"):
        write_embedder(MODEL, [path], tmp_path / "written.onnx")


def weights_with_own_net(
    weights_dir: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, *, dimension: int, cut: str
) -> Path:
    """A copy of the weights folder with a user's TOML file and ONNX file."""
    monkeypatch.setattr(models, "_own", {})
    weights = folder / "weights"
    shutil.copytree(folder_of(weights_dir), folder_of(weights))
    put_engine(weights)
    gated_net(weights / "team.onnx", side=32)
    (weights / "team.toml").write_text(
        f'file = "team.onnx"\nlicence = "ours"\ncommercial = true\ndimension = {dimension}\n'
        f'crop_pixels = 32\ncut = "{cut}"\npair_threshold = 1.1\nengine = true\n'
        "line = { a = 1.1, b = 0.03, c = 0.03 }\n"
    )
    know_own_models(weights)
    return weights


def test_a_user_s_own_net_of_another_size_than_it_says_is_refused(
    weights_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = weights_with_own_net(weights_dir, tmp_path, monkeypatch, dimension=26, cut="box")

    with pytest.raises(ExportMissing, match="makes vectors of 16, but the model says 26"):
        load_recognizer("team", weights)


@pytest.mark.parametrize("cut", ["arcface", "box"])
def test_a_user_s_own_net_embeds_faces_on_each_runtime(
    cut: str, weights_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a TOML file and an ONNX file to embeddings, with the nets' export in between."""
    weights = weights_with_own_net(weights_dir, tmp_path, monkeypatch, dimension=DIMENSION, cut=cut)

    picture = jpeg(hopper())
    by_runtime = {
        runtime: load_recognizer("team", weights, runtime=runtime).embed(picture).faces[0].embedding
        for runtime in ("auto", "onnx")
    }
    for embedding in by_runtime.values():
        assert np.linalg.norm(embedding) == pytest.approx(1, abs=1e-5)
        np.testing.assert_allclose(embedding, by_runtime["onnx"], atol=0.02)
