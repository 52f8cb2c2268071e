"""Pictures for tests: two public-domain portraits that packages bring, and what is made of them."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from recognition.types import RgbPicture

SHARED = Path(__file__).resolve().parents[3] / "shared"


@lru_cache
def astronaut() -> RgbPicture:
    """Eileen Collins, 512 x 512; public domain (NASA)."""
    from skimage import data

    return np.asarray(data.astronaut())


@lru_cache
def hopper() -> RgbPicture:
    """Grace Hopper, 512 x 600; public domain (US Navy)."""
    from matplotlib import cbook

    with Image.open(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)) as image:
        return np.asarray(image.convert("RGB"))


def scaled(picture: RgbPicture, width: int, height: int) -> RgbPicture:
    return np.asarray(Image.fromarray(picture).resize((width, height)))


def rotated(picture: RgbPicture, degrees: float) -> RgbPicture:
    return np.asarray(Image.fromarray(picture).rotate(degrees, Image.Resampling.BILINEAR))


def grey(picture: RgbPicture) -> RgbPicture:
    return np.asarray(Image.fromarray(picture).convert("L").convert("RGB"))


def noise(width: int, height: int, seed: int = 7) -> RgbPicture:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def crowd() -> RgbPicture:
    """Nine faces of several sizes."""
    canvas = np.full((700, 1000, 3), 90, np.uint8)
    for number in range(9):
        side = 123 + 21 * number
        face = (astronaut, hopper)[number % 2]()[:330]
        top, left = 230 * (number // 3), 320 * (number % 3)
        small = scaled(face, side, side)[: 700 - top, : 1000 - left]
        canvas[top : top + small.shape[0], left : left + small.shape[1]] = small
    return canvas


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png(picture: RgbPicture) -> bytes:
    return encoded(Image.fromarray(picture))


def jpeg(picture: RgbPicture, quality: int = 92) -> bytes:
    return encoded(Image.fromarray(picture), "JPEG", quality=quality)


def _shared(file: Path) -> RgbPicture:
    with Image.open(file) as image:
        image.thumbnail((900, 900))
        return np.asarray(image.convert("RGB"))


def _shared_pictures() -> dict[str, Callable[[], RgbPicture]]:
    """Real pictures that are not part of this repository, where they are."""
    files = [
        *sorted((SHARED / "faces/celebrities").glob("*.jpg")),
        *sorted((SHARED / "faces/course_100").glob("test_0*.jpg")),
        *(SHARED / "faces").glob("multiface.jpg"),
    ]
    return {file.name: partial(_shared, file) for file in files}


PARITY_PICTURES: Mapping[str, Callable[[], RgbPicture]] = {
    "portrait": astronaut,
    "portrait 250x250": lambda: scaled(astronaut(), 250, 250),
    "portrait 640x480": lambda: scaled(hopper(), 640, 480),
    "odd size": lambda: scaled(astronaut(), 263, 301),
    "tiny": lambda: scaled(astronaut(), 64, 64),
    "smaller than a face": lambda: scaled(astronaut(), 15, 15),
    "just large enough": lambda: scaled(astronaut(), 20, 20),
    "huge": lambda: scaled(astronaut(), 1500, 1500),
    "grey": lambda: grey(hopper()),
    "rotated by 20 degrees": lambda: rotated(astronaut(), 20),
    "upside down": lambda: np.ascontiguousarray(astronaut()[::-1]),
    "cut off": lambda: np.ascontiguousarray(astronaut()[80:180, 190:260]),
    "several faces": crowd,
    "noise": lambda: noise(300, 200),
    "black": lambda: np.zeros((120, 160, 3), np.uint8),
    "white strip": lambda: np.full((30, 900, 3), 255, np.uint8),
    **_shared_pictures(),
}
"""Without, with one and with several faces; tiny, huge, grey, rotated, cut off, degenerate. Made
when they are asked for: collecting the tests needs only their names."""
