"""Loads a recogniser by the name of its model, for one of the two runtimes."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from recognition.detection import MIN_FACE_SIZE, Detector
from recognition.dlib_embedding import onnx_dlib, original_dlib
from recognition.embedding import Embedder, OnnxInceptionResnet
from recognition.errors import RuntimeUnavailable
from recognition.exported import Precision, embedder_net, ensure_exported
from recognition.images import PictureLimits
from recognition.models import model_named
from recognition.mtcnn import MtcnnNets, OnnxMtcnn
from recognition.onnx_net import OnnxNet
from recognition.process_memory import give_back_memory, keep_working_memory
from recognition.quality import QualityFilter
from recognition.recognizer import Recognizer
from recognition.weights import Announce, find_weights

Runtime = Literal["onnx", "torch"]


def _silent(_: str) -> None:
    pass


def load_recognizer(
    model: str,
    weights_dir: Path,
    *,
    runtime: Runtime = "onnx",
    precision: Precision = "float32",
    threads: int = 1,
    min_face_size: int = MIN_FACE_SIZE,
    min_face_share: float = 0.0,
    announce: Announce = _silent,
    limits: PictureLimits | None = None,
    threshold: float | None = None,
    quality: QualityFilter = "none",
) -> Recognizer:
    """Load a model by its name. Raises ModelError.

    Parameters:
        runtime: "onnx" (default), which needs no torch; "torch" runs the reference in eager mode.
        precision: "int8" runs the embedder in 8-bit integers (onnx only).
        threads: of inference. With one there is no thread pool in either runtime, so that the
            recogniser may be loaded in a process that forks later.
        min_face_size: the smallest face that is looked for, in pixels.
        min_face_share: the same as a share of the picture's shorter side (onnx only).
        announce: is told in a line what takes long, such as a download or an export.
        threshold: the distance above which a face is unknown; the model's own by default.
        quality: the filter that faces must pass to get a name: none, auto or strict.
    """
    model_named(model)
    embedder: Embedder
    detector: Detector
    if runtime == "torch":
        if precision != "float32":
            raise RuntimeUnavailable(
                f"the runtime torch has no {precision}: use the runtime onnx, or float32"
            )
        from recognition.torch_reference import TorchMtcnn, use_threads

        use_threads(threads)
        detector, embedder = TorchMtcnn(min_face_size), _reference(model, weights_dir, announce)
    else:
        ensure_exported(model, weights_dir, announce, precision)
        nets = MtcnnNets.load(weights_dir, threads)
        detector = OnnxMtcnn(nets, min_face_size, min_face_share)
        embedder = _onnx(model, weights_dir, precision, threads)
        give_back_memory()
        keep_working_memory()
    return Recognizer(detector, embedder, limits=limits, threshold=threshold, quality=quality)


def _onnx(model: str, weights_dir: Path, precision: Precision, threads: int) -> Embedder:
    net = OnnxNet(embedder_net(model, precision), weights_dir, threads)
    return onnx_dlib(weights_dir, net) if model == "dlib" else OnnxInceptionResnet(model, net)


def _reference(model: str, weights_dir: Path, announce: Announce) -> Embedder:
    from recognition.torch_reference import TorchInceptionResnet

    if model == "dlib":
        return original_dlib()
    return TorchInceptionResnet(model, find_weights(model, weights_dir, announce))
