"""Parity with the reference: facenet-pytorch's MTCNN and InceptionResnetV1, and dlib's ResNet."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from recognition.detection import boxes as geometry
from recognition.detection.detector import MIN_FACE_SIZE
from recognition.detection.mtcnn import CascadeNets, Mtcnn
from recognition.detection.onnx_cascade import OnnxCascade
from recognition.embedding.dlib_embedding import DlibAligner
from recognition.embedding.embedder import Embedder, NetEmbedder, crop, on_onnx
from recognition.embedding.onnx_net import OnnxNet
from recognition.native.cascade import NativeCascade
from recognition.native.native_net import NativeNet
from recognition.registry.exported import DLIB_LANDMARKS, checked_file
from recognition.registry.models import MODELS
from recognition.types import Box, DetectedFace, RgbPicture
from tests.recognition.engines import engine_or_skip
from tests.recognition.pictures import PARITY_PICTURES, astronaut, hopper

if TYPE_CHECKING:  # torch takes two seconds: only for whoever runs these tests
    from benchmarks.recogniser.reference import TorchMtcnn

MOST_PIXELS = 0.5
MOST_PROBABILITY = 1e-3
LEAST_COSINE = 0.9999
ROUNDING_PIXELS = 1e-4

Worst = dict[str, float]
Faces = tuple[DetectedFace, ...]


@pytest.fixture(scope="module", params=["onnx", "native"])
def nets(request: pytest.FixtureRequest, weights_dir: Path) -> CascadeNets:
    """MTCNN's nets on each of what may run them."""
    if request.param == "onnx":
        return OnnxCascade.load(weights_dir)
    return NativeCascade.load(weights_dir, engine_or_skip(weights_dir))


@pytest.fixture(scope="module")
def ours(nets: CascadeNets) -> Mtcnn:
    return Mtcnn(nets)


@cache
def reference(min_face_size: int = MIN_FACE_SIZE) -> TorchMtcnn:
    import torch

    from benchmarks.recogniser.reference import TorchMtcnn

    torch.set_num_threads(1)
    return TorchMtcnn(min_face_size)


@cache
def wanted_in(name: str, min_face_size: int = MIN_FACE_SIZE) -> Faces:
    """What the reference finds in a picture: asked once, for all that are compared with it."""
    return reference(min_face_size).detect(PARITY_PICTURES[name]())


@pytest.mark.parametrize("name", PARITY_PICTURES)
def test_finds_what_the_reference_finds(
    name: str, ours: Mtcnn, worst: Worst, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = PARITY_PICTURES[name]()
    expected, found = wanted_in(name), ours.detect(picture)
    if not _same_places(found, expected):
        worst["pictures where a box lay on a whole pixel"] = 1 + worst.get(
            "pictures where a box lay on a whole pixel", 0
        )
        found = _with_other_rounding(ours, picture, expected, monkeypatch)

    assert len(found) == len(expected), name
    for face, wanted in zip(found, expected, strict=True):
        assert_near(_edges(face), _edges(wanted), MOST_PIXELS, "box, pixels", worst)
        assert_near(face.landmarks, wanted.landmarks, MOST_PIXELS, "landmark, pixels", worst)
        assert_near(face.probability, wanted.probability, MOST_PROBABILITY, "probability", worst)


def _same_places(found: Faces, expected: Faces) -> bool:
    return len(found) == len(expected) and all(
        np.allclose(_edges(face), _edges(wanted), rtol=0.0, atol=MOST_PIXELS)
        for face, wanted in zip(found, expected, strict=True)
    )


def _with_other_rounding(
    ours: Mtcnn, picture: RgbPicture, expected: Faces, monkeypatch: pytest.MonkeyPatch
) -> Faces:
    """What is found when boxes are moved by some ulps before they are cut to whole pixels.

    The reference truncates: a box that begins at 165.99998 is cut at 165, one at 166.0 at 166, and
    the next net sees another crop. Between two ways of adding up float32 numbers, that is chance.
    """
    found: Faces = ()
    bounds = geometry.pixel_bounds
    for nudge in (-ROUNDING_PIXELS, ROUNDING_PIXELS):
        with monkeypatch.context() as patch:
            patch.setattr(
                geometry,
                "pixel_bounds",
                lambda boxes, *size, by=nudge: bounds(boxes + np.float32(by), *size),
            )
            found = ours.detect(picture)
        if _same_places(found, expected):
            break
    return found


@pytest.mark.parametrize("min_face_size", [12, 33, 80])
def test_finds_the_same_at_other_smallest_sizes(
    min_face_size: int, nets: CascadeNets, worst: Worst
) -> None:
    expected = wanted_in("several faces", min_face_size)
    found = Mtcnn(nets, min_face_size).detect(PARITY_PICTURES["several faces"]())

    assert len(found) == len(expected) > 0
    for face, wanted in zip(found, expected, strict=True):
        assert_near(_edges(face), _edges(wanted), MOST_PIXELS, "box, pixels", worst)


def test_the_parity_pictures_hold_none_one_and_several_faces(ours: Mtcnn) -> None:
    named = ("noise", "black", "smaller than a face", "portrait", "several faces")
    counts = {name: len(ours.detect(PARITY_PICTURES[name]())) for name in named}

    assert counts["noise"] == counts["black"] == counts["smaller than a face"] == 0
    assert counts["portrait"] == 1
    assert counts["several faces"] >= 5


@pytest.mark.parametrize("model", ["casia-webface", "vggface2-240"])
@pytest.mark.parametrize("runtime", ["onnx", "native"])
def test_inception_embeds_as_the_reference(
    model: str, runtime: str, weights_dir: Path, worst: Worst
) -> None:
    """At both sizes of face. The weights are the same: random ones."""
    reference = inception(model, weights_dir / MODELS["casia-webface"].files[0].filename)
    if runtime == "onnx":
        ours = NetEmbedder(
            model, on_onnx(OnnxNet("casia-webface", weights_dir), MODELS[model]), at_once=2
        )
    else:
        file = checked_file("native-casia-webface", weights_dir)
        net = NativeNet(file, engine_or_skip(weights_dir))
        ours = NetEmbedder(model, lambda crops: net(crops)[:, 0, 0])

    for picture, expected in zip(EMBEDDED, reference, strict=True):
        found = _embed(ours, picture(), FACES)
        assert_cosine(expected, found, "1 - cosine, InceptionResnetV1", worst)
    assert expected[0] @ expected[1] < 0.99, "this net can't tell faces apart, so it proves nothing"


@cache
def inception(model: str, weights: Path) -> list[np.ndarray]:
    """The reference's embeddings: asked once, for both runtimes that are compared with them."""
    from benchmarks.recogniser.reference import torch_inception

    reference = torch_inception(model, weights)
    return [_embed(reference, picture(), FACES) for picture in EMBEDDED]


def test_dlib_embeds_as_dlib(weights_dir: Path, worst: Worst) -> None:
    from benchmarks.recogniser.reference import original_dlib

    align = DlibAligner(checked_file(DLIB_LANDMARKS, weights_dir))
    ours = NetEmbedder("dlib", on_onnx(OnnxNet("dlib", weights_dir), MODELS["dlib"]), cut_out=align)
    reference = original_dlib(weights_dir)
    faces = [_face(170, 60, 280, 200), _face(0, 300, 60, 370)]

    for picture in (astronaut(), hopper()):
        expected, found = _embed(reference, picture, faces), _embed(ours, picture, faces)
        assert_cosine(expected, found, "1 - cosine, dlib", worst)
        assert_near(found, expected, 1e-4, "embedding's values, dlib", worst)


def test_dlib_aligns_as_its_own_pipeline_does(tmp_path: Path) -> None:
    """`compute_face_descriptor` with a shape cuts the same chip that we give to our net."""
    import dlib

    from recognition.embedding.dlib_embedding import square_around
    from recognition.registry.models import DLIB_LANDMARKS_FILE
    from recognition.weights.finding import find_files

    face = _face(170, 60, 280, 200)
    net_file, landmarks_file = find_files(
        (*MODELS["dlib"].files, DLIB_LANDMARKS_FILE), tmp_path, print
    )
    landmarks = dlib.shape_predictor(str(landmarks_file))
    net = dlib.face_recognition_model_v1(str(net_file))
    shape = landmarks(astronaut(), dlib.rectangle(*square_around(face.box)))

    whole = np.array(net.compute_face_descriptor(astronaut(), shape))
    chip = np.array(net.compute_face_descriptor(DlibAligner(landmarks_file)(astronaut(), face)))
    np.testing.assert_allclose(chip, whole, atol=1e-6)


def test_the_crop_is_the_reference_s() -> None:
    from facenet_pytorch.models.utils.detect_face import extract_face
    from PIL import Image

    for edges in [(130.7, 50.2, 310.9, 230.5), (-20, -10, 200, 220), (300.6, 280.2, 530, 530)]:
        expected = extract_face(Image.fromarray(astronaut()), np.array(edges), image_size=160)
        found = crop(astronaut(), _box(*edges), 160)
        np.testing.assert_array_equal(found, expected.permute(1, 2, 0).numpy())


def assert_near(found: object, expected: object, most: float, what: str, worst: Worst) -> None:
    deviation = float(np.max(np.abs(np.subtract(found, expected)), initial=0.0))  # type: ignore[call-overload]
    worst[what] = max(worst.get(what, 0.0), deviation)
    assert deviation <= most, f"{what}: {deviation}"


def assert_cosine(expected: np.ndarray, found: np.ndarray, what: str, worst: Worst) -> None:
    norms = np.linalg.norm(expected, axis=1) * np.linalg.norm(found, axis=1)
    least = float(np.min(np.sum(expected.astype(np.float64) * found, axis=1) / norms))
    worst[what] = max(worst.get(what, 0.0), 1.0 - least)
    assert least >= LEAST_COSINE


def _embed(embedder: Embedder, picture: RgbPicture, faces: list[DetectedFace]) -> np.ndarray:
    return embedder.embed(embedder.cut(picture, faces))


def _edges(face: DetectedFace) -> tuple[float, ...]:
    return face.box.left, face.box.top, face.box.right, face.box.bottom


def _box(left: float, top: float, right: float, bottom: float) -> Box:
    return Box(left=left, top=top, right=right, bottom=bottom)


def _face(left: float, top: float, right: float, bottom: float) -> DetectedFace:
    return DetectedFace(box=_box(left, top, right, bottom), probability=1.0, landmarks=())


EMBEDDED = (astronaut, hopper)
FACES = [_face(130, 50, 310, 230), _face(-20, -10, 200, 220), _face(300.6, 280.2, 499, 530)]
