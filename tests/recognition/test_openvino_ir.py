"""OpenVINO's format, read without OpenVINO: a small net of all known layers, against torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from recognition.embedding.embedder import pixels_for
from recognition.errors import WeightsCorrupt
from recognition.export.engine.graph_plan import graph_plan
from recognition.export.onnx.openvino_ir import read_ir
from recognition.native.native_net import NativeNet
from recognition.native.net_file import write_net
from recognition.registry.models import Model
from recognition.registry.own_models import read_own_model
from tests.conftest import SHARED
from tests.recognition.engines import engine_or_skip

random = np.random.default_rng(3)
WEIGHTS = {
    "scale": random.uniform(0.5, 2, (1, 2, 1, 1)).astype(np.float16),
    "dense": random.standard_normal((4, 2, 3, 3)).astype(np.float16),
    "slopes": random.uniform(-0.5, 0.5, 4).astype(np.float16),
    "depth": random.standard_normal((4, 1, 1, 3, 3)).astype(np.float32),
    "slope": np.array([0.25], np.float16),
}
LAYERS = """
0 Parameter {"shape": "1,2,9,9"} 1,2,9,9
1 Const scale
2 Convert {} 1,2,1,1 1
3 Multiply {} 1,2,9,9 0 2
4 Const dense
5 Convert {} 4,2,3,3 4
6 Convolution {"strides": "2,2", "pads_begin": "1,1", "pads_end": "1,1", "dilations": "1,1"} 1,4,5,5 3 5
7 Const slopes
8 Convert {} 4 7
9 PReLU {} 1,4,5,5 6 8
10 Const depth
11 GroupConvolution {"strides": "1,1", "pads_begin": "0,1", "pads_end": "0,1", "dilations": "1,1"} 1,4,3,5 9 10
12 Const slope
13 Convert {} 1 12
14 PReLU {} 1,4,3,5 11 13
15 AvgPool {"kernel": "3,5", "strides": "1,1", "pads_begin": "0,0", "pads_end": "0,0"} 1,4,1,1 14
16 Sigmoid {} 1,4,1,1 15
17 Add {} 1,4,3,5 14 16
18 Result {} 1,4,3,5 17
"""  # noqa: E501


def write_ir(folder: Path, layers: str = LAYERS) -> tuple[Path, Path]:
    """The files that OpenVINO writes for these layers; the order of layers in them is any."""
    import json

    data, elements, edges = b"", [], []
    for line in layers.strip().splitlines():
        number, kind, rest = line.split(" ", 2)
        if kind == "Const":
            values = WEIGHTS[rest]
            element_type = "f16" if values.dtype == np.float16 else "f32"
            shape = ", ".join(str(size) for size in values.shape)
            settings = {"element_type": element_type, "shape": shape, "offset": len(data)}
            settings["size"], data = values.nbytes, data + values.tobytes()
            inputs: list[str] = []
        else:
            words, _, places = rest.rpartition("} ")
            settings, (shape, *inputs) = json.loads(words + "}"), places.split(" ")
        attributes = "".join(f' {name}="{value}"' for name, value in settings.items())
        dims = "".join(f"<dim>{size.strip()}</dim>" for size in shape.split(","))
        elements.append(
            f'<layer id="{number}" name="x" type="{kind}"><data{attributes}/>'
            f'<output><port id="0">{dims}</port></output></layer>'
        )
        edges += [
            f'<edge from-layer="{source}" from-port="0" to-layer="{number}" to-port="{port}"/>'
            for port, source in enumerate(inputs)
        ]
    xml, weights = folder / "net.xml", folder / "net.bin"
    xml.write_text(
        f"<net><layers>{''.join(reversed(elements))}</layers><edges>{''.join(edges)}</edges></net>"
    )
    weights.write_bytes(data)
    return xml, weights


def by_torch(pixels: np.ndarray) -> np.ndarray:
    import torch
    from torch.nn import functional

    given = {name: torch.from_numpy(value.astype(np.float32)) for name, value in WEIGHTS.items()}
    x = torch.from_numpy(pixels) * given["scale"]
    x = functional.conv2d(x, given["dense"], stride=2, padding=1)
    x = functional.prelu(x, given["slopes"])
    x = functional.conv2d(x, given["depth"][:, 0], padding=(0, 1), groups=4)
    x = functional.prelu(x, given["slope"])
    return (x + torch.sigmoid(functional.avg_pool2d(x, (3, 5)))).numpy()


def test_all_known_layers_give_what_torch_gives(tmp_path: Path) -> None:
    model = read_ir(*write_ir(tmp_path))
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    pixels = random.standard_normal((1, 2, 9, 9)).astype(np.float32)

    (found,) = session.run(None, {session.get_inputs()[0].name: pixels})

    np.testing.assert_allclose(found, by_torch(pixels), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        (LAYERS.replace("Sigmoid", "Swish"), "layers of the kind Swish are not known"),
        (LAYERS.replace("1,2,9,9 0 2", "1,2,9,9 0 17"), "read each other in a circle"),
        (LAYERS.replace("Const dense", "Const slope"), r"net\.bin is damaged"),
    ],
)
def test_what_can_t_be_read_is_named(layers: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(WeightsCorrupt, match=said):
        read_ir(*write_ir(tmp_path, layers))


def test_a_file_that_is_no_xml_is_named(tmp_path: Path) -> None:
    xml, weights = write_ir(tmp_path)
    xml.write_text("<net><layers>")

    with pytest.raises(WeightsCorrupt, match=r"net\.xml or net\.bin is damaged"):
        read_ir(xml, weights)


@pytest.fixture
def reid_0095(tmp_path: Path) -> Model:
    """The real net, as a user's own model; skipped where its files are not."""
    files = [SHARED / "models" / f"reid0095.{ending}" for ending in ("xml", "bin")]
    if not all(file.exists() for file in files):
        pytest.skip(f"{files[0]} is not there: no real net of OpenVINO's to try")
    for file in files:
        (tmp_path / file.name).symlink_to(file)
    (tmp_path / "reid.toml").write_text(
        'file = "reid0095.xml"\nlicence = "Apache-2.0"\ncommercial = true\ndimension = 256\n'
        'crop_pixels = 128\ncolours = "bgr"\npair_threshold = 1.14\n'
        "line = { a = 1.14, b = 0.029, c = 0.029 }\n"
    )
    return read_own_model(tmp_path / "reid.toml")


def test_the_real_net_tells_faces_apart(reid_0095: Model, tmp_path: Path) -> None:
    from recognition.export.onnx.onnx_embedders import write_embedder
    from tests.recognition.pictures import astronaut, hopper

    write_embedder(
        reid_0095, [tmp_path / f"reid0095.{end}" for end in ("xml", "bin")], tmp_path / "r"
    )
    session = onnxruntime.InferenceSession(str(tmp_path / "r"), providers=["CPUExecutionProvider"])

    def vector(face: np.ndarray) -> np.ndarray:
        name, pixels = session.get_inputs()[0].name, pixels_for(reid_0095, face[None])
        row = session.run(None, {name: pixels})[0].ravel()
        return row / np.linalg.norm(row)

    one, other = astronaut()[40:168, 160:288], hopper()[60:316:2, 130:386:2]
    darker = (one * 0.8).astype(np.uint8)
    assert np.linalg.norm(vector(one) - vector(darker)) < 0.5
    assert np.linalg.norm(vector(one) - vector(other)) > reid_0095.pair_threshold


def test_the_real_net_gives_the_same_vectors_on_the_engine(
    reid_0095: Model, tmp_path: Path
) -> None:
    from tests.recognition.pictures import astronaut

    net = read_ir(tmp_path / "reid0095.xml", tmp_path / "reid0095.bin")
    onnx.save(net, tmp_path / "r.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "r.onnx"))
    write_net(tmp_path / "r.net", *graph_plan(net, reid_0095))
    face = astronaut()[None, 40:168, 160:288]

    found = NativeNet(tmp_path / "r.net", engine_or_skip(tmp_path))(face).ravel()

    pixels = pixels_for(reid_0095, face)
    expected = session.run(None, {session.get_inputs()[0].name: pixels})[0].ravel()
    np.testing.assert_allclose(found, expected, atol=1e-4 * abs(expected).max())
