"""An embedder in 8-bit integers: a third of the time, for a small and measured loss.

Static quantisation by ONNX Runtime: the range of each layer's values is taken from faces that go
through the net in float32. Opt-in, because embeddings change a little; `python -m recognition
evaluate --precision int8` tells what that costs on one's own pictures.
"""

import logging
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from PIL import Image, ImageEnhance, ImageFilter

from recognition import images
from recognition.embedding.embedder import Crop, pixels_for
from recognition.errors import ExportMissing
from recognition.registry.exported import checked_file
from recognition.registry.loading import load_recognizer
from recognition.registry.models import Model, model_of_net
from recognition.types import RgbPicture


def quantise(model: str, weights_dir: Path, calibration: Path | None, target: Path) -> None:
    """Write the int8 net of a model that is exported in float32. Raises ExportMissing."""
    crops = _calibration_crops(model, weights_dir, _pictures(calibration))
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(checked_file(model, weights_dir), prepared, skip_symbolic_shape=True)
        logging.getLogger().setLevel(logging.ERROR)  # it advises what was just done
        quantize_static(
            prepared,
            target,
            _Crops(onnx.load(str(prepared)).graph.input[0].name, model_of_net(model), crops),
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
        )


class _Crops(CalibrationDataReader):
    """Feeds crops to the calibration, one at a time."""

    def __init__(self, name: str, model: Model, crops: Sequence[Crop]) -> None:
        self._name, self._model, self._left = name, model, iter(crops)

    def get_next(self) -> dict[str, npt.NDArray[np.float32]] | None:
        crop = next(self._left, None)
        if crop is None:
            return None
        return {self._name: pixels_for(self._model, crop[None])}


def _calibration_crops(model: str, weights_dir: Path, pictures: Sequence[RgbPicture]) -> list[Crop]:
    recognizer = load_recognizer(model, weights_dir, runtime="onnx")
    crops = []
    for picture in pictures:
        for variant in _variants(picture):
            crops += recognizer.crops(variant)
    if not crops:
        raise ExportMissing("no face was found in the pictures for calibration: give others")
    return crops


def _pictures(folder: Path | None) -> list[RgbPicture]:
    if folder is not None:
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        limits = images.PictureLimits()
        return [images.decode(file.read_bytes(), limits)[0] for file in files]
    try:
        from matplotlib import cbook
        from skimage import data
    except ImportError as error:
        raise ExportMissing(
            f"{error.name}, which brings the sample portraits, is not installed: name a folder of "
            "pictures with --calibration"
        ) from None
    portrait = Image.open(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False))
    return [np.asarray(data.astronaut()), np.asarray(portrait.convert("RGB"))]


def _variants(picture: RgbPicture) -> Iterator[RgbPicture]:
    """The picture, mirrored, darker, brighter, blurred, grey, and tilted: more of the values
    that a net meets in pictures of others."""
    image = Image.fromarray(picture)
    yield picture
    yield np.asarray(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT))
    for brightness in (0.45, 1.6):
        yield np.asarray(ImageEnhance.Brightness(image).enhance(brightness))
    yield np.asarray(ImageEnhance.Contrast(image).enhance(1.6))
    yield np.asarray(image.filter(ImageFilter.GaussianBlur(2.5)))
    yield np.asarray(image.convert("L").convert("RGB"))
    for degrees in (-15, 15):
        yield np.asarray(image.rotate(degrees, Image.Resampling.BILINEAR))
