"""Pictures with known answers, all made from the two public-domain samples."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image, ImageEnhance

from localcloud.system.samples import write_samples
from tests.support import videos

COLLINS = "Eileen Collins"
HOPPER = "Grace Hopper"


@cache
def portrait(person: str) -> Image.Image:
    """The sample picture of a person."""
    with TemporaryDirectory() as folder:
        path = next(p for p, name in write_samples(Path(folder)).items() if name == person)
        return Image.open(path).convert("RGB").copy()


def encoded(image: Image.Image, format: str = "JPEG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=format, **options)
    return buffer.getvalue()


def variant(person: str, number: int) -> bytes:
    """A picture of the person that differs from all others: other light, other size."""
    image = portrait(person).resize((300 + number % 7, 330 + number % 5))
    return encoded(ImageEnhance.Brightness(image).enhance(0.85 + 0.003 * number), quality=88)


def film_of_two() -> bytes:
    """A video of six seconds: three of one person, then three of the other."""
    pictures = [portrait(person).resize((512, 512)) for person in (COLLINS, HOPPER)]
    return videos.portrait_video(pictures, seconds_each=3.0)


def people(count: int) -> dict[str, bytes]:
    """File name -> picture; every second one is of the other person."""
    return {f"test_{n:02}.jpg": variant(COLLINS if n % 2 else HOPPER, n) for n in range(count)}


def right_answers(count: int) -> dict[str, str]:
    """What `POST /` says to each of `people(count)`."""
    names = [f"test_{n:02}.jpg" for n in range(count)]
    return {name: f"{name}:{COLLINS if n % 2 else HOPPER}\n" for n, name in enumerate(names)}


def faceless(number: int = 0, side: int = 80) -> bytes:
    """A small picture without a face, different for each number."""
    gradient = np.linspace(0, 200, side * side * 3).reshape(side, side, 3) + number % 50
    gradient[0, 0] = (number % 256, number // 256, 0)
    return encoded(Image.fromarray(gradient.astype(np.uint8)), "PNG")
