"""Loads a recogniser by the name of its model, for one of the runtimes."""

from pathlib import Path
from typing import Literal

from recognition.detection import yunet
from recognition.detection.detector import MIN_FACE_SIZE, Detector
from recognition.detection.mtcnn import CascadeNets, Mtcnn
from recognition.detection.onnx_cascade import OnnxCascade
from recognition.detection.quality import QualityFilter
from recognition.embedding.dlib_embedding import DlibAligner
from recognition.embedding.embedder import Embedder, NetEmbedder, on_onnx
from recognition.embedding.onnx_net import OnnxNet
from recognition.errors import EngineUnavailable, ExportMissing
from recognition.images import PictureLimits
from recognition.native.cascade import NativeCascade
from recognition.native.compiling import load_engine
from recognition.native.engine import Engine
from recognition.native.native_net import NativeNet
from recognition.open_set import DecisionSettings
from recognition.process_memory import give_back_memory, keep_working_memory
from recognition.recognizer import Recognizer
from recognition.registry import exported
from recognition.registry.models import model_named
from recognition.weights.fetching import Announce

Runtime = Literal["auto", "native", "onnx"]

FACES_AT_ONCE = 8
"""Faces of a picture that go through a net of ONNX Runtime together: 7 % faster each than one by
one. A net that comes as a graph takes one: SFace takes 14 ms a face so, and 28 in fours."""


def _silent(_: str) -> None:
    pass


def load_recognizer(
    model: str,
    weights_dir: Path,
    *,
    runtime: Runtime = "auto",
    precision: exported.Precision = "float32",
    min_face_size: int = MIN_FACE_SIZE,
    min_face_share: float = 0.0,
    announce: Announce = _silent,
    limits: PictureLimits | None = None,
    deciding: DecisionSettings | None = None,
    quality: QualityFilter = "none",
    tries_turned: bool = True,
) -> Recognizer:
    """Load a model by its name. Raises ModelError.

    It has one thread of inference and no pool of them, so a process may load it and fork later.

    Parameters:
        runtime: "native" runs the detectors and all embedders but dlib's on kernels of our own,
            compiled for this processor; "onnx" on ONNX Runtime; "auto" (default) on the first of
            these that this machine can run. All other nets are ONNX Runtime's in any case.
        precision: "int8" runs the embedder in 8-bit integers, on ONNX Runtime.
        min_face_size: the smallest face that is looked for, in pixels.
        min_face_share: the same as a share of the picture's shorter side.
        announce: gets a line before what takes long, such as a download or an export.
        deciding: how strictly faces are named.
        quality: the filter that faces must pass to get a name: none, auto or strict.
        tries_turned: whether a picture without a face is tried turned by quarters, too.
    """
    model_named(model)
    engine = _engine(runtime, model, weights_dir, precision, announce)
    if engine is None:
        exported.ensure_exported(model, weights_dir, announce, precision, "onnx")
    detector: Detector
    if model_named(model).detector == "yunet":
        resize = engine.resized if engine else yunet.by_pillow
        detector = yunet.Yunet(_yunet(weights_dir, engine), min_face_size, min_face_share, resize)
    else:
        detector = Mtcnn(_cascade(weights_dir, engine), min_face_size, min_face_share)
    embedder = _embedder(model, weights_dir, precision, engine)
    give_back_memory()
    keep_working_memory()
    return Recognizer(
        detector,
        embedder,
        limits=limits,
        deciding=deciding,
        quality=quality,
        tries_turned=tries_turned,
    )


def _engine(
    runtime: Runtime,
    model: str,
    weights_dir: Path,
    precision: exported.Precision,
    announce: Announce,
) -> Engine | None:
    """The engine, its nets exported; or with the runtime auto None, and the reason announced."""
    if runtime == "onnx":
        return None
    try:
        engine = load_engine(weights_dir, announce)
        exported.ensure_exported(model, weights_dir, announce, precision, "native")
        return engine
    except (EngineUnavailable, ExportMissing) as error:
        if runtime == "native":
            raise
        announce(f"the nets run on ONNX Runtime, because {error}")
        return None


def _yunet(weights_dir: Path, engine: Engine | None) -> yunet.Net:
    if engine is None:
        return yunet.on_onnx(OnnxNet("yunet", weights_dir))
    return yunet.on_engine(NativeNet(exported.checked_file("native-yunet", weights_dir), engine))


def _cascade(weights_dir: Path, engine: Engine | None) -> CascadeNets:
    if engine is None:
        return OnnxCascade.load(weights_dir)
    return NativeCascade.load(weights_dir, engine)


def _embedder(
    model: str, weights_dir: Path, precision: exported.Precision, engine: Engine | None
) -> Embedder:
    name = exported.embedder_net(model, precision, "native" if engine else "onnx")
    if engine is not None and name.startswith(exported.NATIVE_PREFIX):
        native = NativeNet(exported.checked_file(name, weights_dir), engine)
        return NetEmbedder(model, lambda crops: native(crops)[:, 0, 0])
    known = model_named(model)
    net = on_onnx(OnnxNet(name, weights_dir), known)
    if known.cut == "dlib":
        align = DlibAligner(exported.checked_file(exported.DLIB_LANDMARKS, weights_dir))
        return NetEmbedder(model, net, FACES_AT_ONCE, align)
    return NetEmbedder(model, net, 1 if known.comes_as_graph else FACES_AT_ONCE)
