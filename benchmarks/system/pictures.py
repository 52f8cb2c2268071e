"""Pictures with a face, as many as are wanted and no two the same: no cache helps anybody."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from itertools import count, islice
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance

SIZE = (250, 250)
"""The file names of Labeled Faces in the Wild, which the original system was measured with."""


class PictureSource:
    """Variations of some portraits: framing, light and side are drawn from the picture's number."""

    def __init__(self, portraits: list[Path], size: tuple[int, int] = SIZE) -> None:
        self._portraits = [Image.open(path).convert("RGB") for path in portraits]
        self._size = size
        self._numbers: Iterator[int] = count()

    def take(self, wanted: int) -> dict[str, bytes]:
        """Return a number of pictures that were not given before, by file name."""
        numbers = islice(self._numbers, wanted)
        return {f"picture_{number:05}.jpg": self.picture(number) for number in numbers}

    def picture(self, number: int) -> bytes:
        """Picture `number`, the same ever again: JPEG."""
        random = np.random.default_rng(number)
        portrait = self._portraits[number % len(self._portraits)]
        left, top, right, bottom = random.uniform(0, 0.08, 4)
        width, height = portrait.size
        framed = portrait.resize(
            self._size,
            box=(left * width, top * height, (1 - right) * width, (1 - bottom) * height),
        )
        lit = ImageEnhance.Brightness(framed).enhance(float(random.uniform(0.8, 1.2)))
        buffer = io.BytesIO()
        lit.save(buffer, "JPEG", quality=90)
        return buffer.getvalue()


def write_all(pictures: Mapping[str, bytes], folder: Path) -> None:
    """Write the pictures as files, for readers of files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in pictures.items():
        (folder / name).write_bytes(content)
