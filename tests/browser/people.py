"""Pictures for the browser, of the two sample people alone."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageOps

from tests.system.pictures import COLLINS, HOPPER, portrait

HEIGHT = 480


def three_faces(path: Path) -> Path:
    """Three portraits side by side: the third is the second, mirrored and grey."""
    pictures = [_portrait(COLLINS), _portrait(HOPPER)]
    pictures.append(ImageOps.mirror(pictures[1].convert("L").convert("RGB")))
    whole = Image.new("RGB", (sum(picture.width for picture in pictures), HEIGHT))
    left = 0
    for picture in pictures:
        whole.paste(picture, (left, 0))
        left += picture.width
    whole.save(path, quality=92)
    return path


def _portrait(person: str) -> Image.Image:
    picture = portrait(person)
    return picture.resize((round(picture.width * HEIGHT / picture.height), HEIGHT))
