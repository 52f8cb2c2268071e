"""Which net is written how: MTCNN's, InceptionResnetV1 and dlib's ResNet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from recognition.detection.mtcnn import DECIDE_SIZE, REFINE_SIZE
from recognition.errors import TorchFileInvalid, WeightsCorrupt
from recognition.export.engine.native_inception import inception_plan
from recognition.export.engine.native_mtcnn import proposal_numbers, refinement_plan
from recognition.export.engine.native_yunet import yunet_plan
from recognition.export.layers import State
from recognition.export.mtcnn import proposal, refinement
from recognition.export.onnx.dlib_net import PIXELS as DLIB_PIXELS
from recognition.export.onnx.dlib_net import dlib_graph
from recognition.export.onnx.onnx_inception import inception_graph
from recognition.export.onnx.onnx_mtcnn import mtcnn_graph
from recognition.native.net_file import write_layers, write_net
from recognition.torch_file.reading import read_torch_file

FREE_SIZE = (3, "height", "width")
REFINING = {"mtcnn-r": REFINE_SIZE, "mtcnn-o": DECIDE_SIZE}


def export_float(net: str, source: Path, path: Path) -> None:
    """Write a net for ONNX Runtime. Raises WeightsCorrupt."""
    with _reading(net, source):
        if net == "dlib":
            graph, vectors = dlib_graph(source)
            graph.write(path, (3, DLIB_PIXELS, DLIB_PIXELS), embeddings=vectors)
        elif net == "mtcnn-p":
            graph, cells = mtcnn_graph(proposal(read_state(source)))
            graph.write(path, FREE_SIZE, cells=cells)
        elif net in REFINING:
            graph, values = mtcnn_graph(refinement(read_state(source)))
            graph.write(path, (3, REFINING[net], REFINING[net]), values=values)
        else:
            graph, vectors = inception_graph(read_state(source))
            graph.write(path, FREE_SIZE, embeddings=vectors)


def export_native(net: str, source: Path, path: Path) -> None:
    """Write a net for the engine. Raises WeightsCorrupt."""
    with _reading(net, source):
        if net == "yunet":
            write_net(path, *yunet_plan(source))
            return
        state = read_state(source)
        if net == "mtcnn-p":
            write_layers(path, proposal_numbers(state))
        else:
            write_net(path, *(refinement_plan if net in REFINING else inception_plan)(state))


def read_state(weights: Path) -> State:
    """A state dict's layers. Raises TorchFileInvalid."""
    state = read_torch_file(weights)
    if not isinstance(state, dict) or not all(isinstance(v, np.ndarray) for v in state.values()):
        raise TorchFileInvalid("it is no state dict")
    return state


@contextmanager
def _reading(net: str, source: Path) -> Iterator[None]:
    try:
        yield
    except TorchFileInvalid as error:
        problem = str(error)
    except KeyError as error:
        problem = f"it has no layer {error}"
    except ValueError as error:
        problem = f"its layers don't fit together: {error}"
    else:
        return
    raise WeightsCorrupt(
        f"{source} can't be read as weights of {net}, because {problem}: "
        "delete it, and it is fetched again"
    )
