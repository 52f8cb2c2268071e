"""The pictures that all contenders get, and the weights and gallery that they need."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance

from recognition import images
from recognition.detection.detector import Detector
from recognition.embedding.embedder import crop
from recognition.errors import RecognitionError

SIZES = ((250, 250), (640, 480))
LARGE_SIZES = ((4000, 3000), (6000, 4000), (8000, 6000))
"""As telephones and cameras make them: 12, 24 and 48 megapixels."""

VARIANTS = 6
MANY_PIXELS = 10_000_000
"""Of larger pictures one variant is enough: writing one takes a second."""


class NoMaterial(RecognitionError):
    """There are no pictures to benchmark on."""


def sample_portraits() -> list[Image.Image]:
    """Two public-domain portraits that packages bring. Raises NoMaterial."""
    try:
        from matplotlib import cbook
        from skimage import data
    except ImportError as error:
        raise NoMaterial(
            f"{error.name}, which brings the sample portraits, is not installed: "
            "pip install -r requirements-run.txt, or name a folder of pictures with --pictures"
        ) from None
    hopper = Image.open(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False))
    return [Image.fromarray(data.astronaut()), hopper.convert("RGB")]


def source_pictures(folder: Path | None) -> list[Image.Image]:
    """The pictures of a folder, or the sample portraits. Raises NoMaterial, PictureError."""
    if folder is None:
        return sample_portraits()
    files = sorted(path for path in folder.iterdir() if path.is_file())
    if not files:
        raise NoMaterial(f"{folder} holds no file: put pictures of people there")
    limits = images.PictureLimits()
    return [Image.fromarray(images.decode(file.read_bytes(), limits)[0]) for file in files]


def write_pictures(sources: list[Image.Image], size: tuple[int, int], folder: Path) -> list[Path]:
    """Distinct JPEG files of one size: each source in several framings and brightnesses."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for number, source in enumerate(sources):
        for variant in range(1 if size[0] * size[1] > MANY_PIXELS else VARIANTS):
            edge = 0.01 * variant
            inner = source.crop(
                (
                    int(source.width * edge),
                    0,
                    int(source.width * (1 - edge)),
                    int(source.height * (1 - 2 * edge)),
                )
            ).resize(size)
            changed = ImageEnhance.Brightness(inner).enhance(0.85 + 0.06 * variant)
            path = folder / f"{variant}-{number}.jpg"
            changed.save(path, quality=90)
            written.append(path)
    return sorted(written)


def faces_to_calibrate(sources: list[Image.Image], detector: Detector, size: int) -> np.ndarray:
    """Crops of the sources' faces, and of whatever else is in them: (n, size, size, 3)."""
    crops = []
    for source in sources:
        picture = np.asarray(source)
        crops += [crop(picture, face.box, size) for face in detector.detect(picture)]
        crops += [np.asarray(source.resize((size, size)))]
    mirrored = [np.ascontiguousarray(each[:, ::-1]) for each in crops]
    return np.stack([*crops, *mirrored])


def write_seed_gallery(path: Path, people: int, dimension: int) -> None:
    """Write a `data.pt` of strangers in the original system's form."""
    import torch

    vectors = torch.nn.functional.normalize(torch.randn(people, dimension))
    buffer = io.BytesIO()
    torch.save([[row[None] for row in vectors], [f"stranger {n}" for n in range(people)]], buffer)
    path.write_bytes(buffer.getvalue())
