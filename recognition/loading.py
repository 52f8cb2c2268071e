"""Loads a recogniser by the name of its model, for one of the two runtimes."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from recognition.detection import MIN_FACE_SIZE, Detector
from recognition.dlib_embedding import onnx_dlib, original_dlib
from recognition.embedding import Embedder, OnnxInceptionResnet
from recognition.errors import UnknownModel
from recognition.exported import Precision, embedder_net, ensure_exported
from recognition.images import PictureLimits
from recognition.mtcnn import MtcnnNets, OnnxMtcnn
from recognition.onnx_net import OnnxNet
from recognition.process_memory import give_back_memory, keep_working_memory
from recognition.quality import QualityFilter
from recognition.recognizer import Recognizer
from recognition.weights import MODELS, Announce, find_weights

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
        announce: is told in a line what takes long, such as a download or an export.
        threshold: the distance above which a face is unknown; the model's own by default.
        quality: the filter that faces must pass to get a name: none, auto or strict.
    """
    if model not in MODELS:
        raise UnknownModel(f"{model!r} is no model; known are {', '.join(MODELS)}")
    if runtime == "torch":
        detector, embedder = _reference(model, weights_dir, threads, min_face_size, announce)
    else:
        detector, embedder = _onnx(model, weights_dir, precision, threads, min_face_size, announce)
    return Recognizer(detector, embedder, limits=limits, threshold=threshold, quality=quality)


def _onnx(
    model: str,
    weights_dir: Path,
    precision: Precision,
    threads: int,
    min_face_size: int,
    announce: Announce,
) -> tuple[Detector, Embedder]:
    ensure_exported(model, weights_dir, announce, precision)
    detector = OnnxMtcnn(MtcnnNets.load(weights_dir, threads), min_face_size)
    net = OnnxNet(embedder_net(model, precision), weights_dir, threads)
    give_back_memory()
    keep_working_memory()
    embedder = onnx_dlib(weights_dir, net) if model == "dlib" else OnnxInceptionResnet(model, net)
    return detector, embedder


def _reference(
    model: str, weights_dir: Path, threads: int, min_face_size: int, announce: Announce
) -> tuple[Detector, Embedder]:
    from recognition.torch_reference import TorchInceptionResnet, TorchMtcnn, use_threads

    use_threads(threads)
    detector = TorchMtcnn(min_face_size)
    if model == "dlib":
        return detector, original_dlib()
    return detector, TorchInceptionResnet(model, find_weights(model, weights_dir, announce))
