"""HEIC, AVIF and animations: decoded as the libraries that wrote them decode them."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from recognition import images
from recognition.errors import UnsupportedFormat
from recognition.images import PictureLimits
from tests.recognition.pictures import astronaut, encoded, scaled

pillow_heif = pytest.importorskip(
    "pillow_heif", reason="pillow-heif writes HEIC (requirements-dev)"
)
pillow_heif.register_heif_opener()

# An odd height, so that codecs which need even ones must cut something off.
PICTURE = Image.fromarray(scaled(astronaut(), 300, 411))
OTHER = Image.fromarray(scaled(astronaut(), 300, 411)).rotate(180)


def with_alpha() -> Image.Image:
    picture = PICTURE.convert("RGBA")
    picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    return picture


def as_its_library_sees_it(data: bytes) -> np.ndarray:
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.asarray(image.convert("RGB"), np.int16)


def turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


CASES: dict[str, tuple[Image.Image, str, dict[str, Any]]] = {
    "HEIC": (PICTURE, "HEIF", {}),
    "HEIC grey": (PICTURE.convert("L"), "HEIF", {}),
    "HEIC 4:4:4": (PICTURE, "HEIF", {"chroma": 444}),
    "HEIC in tiles": (PICTURE.crop((0, 0, 300, 410)), "HEIF", {"tile_size": 128}),
    "HEIC with alpha": (with_alpha(), "HEIF", {}),
    "AVIF": (PICTURE, "AVIF", {"speed": 9}),
    "AVIF grey": (PICTURE.convert("L"), "AVIF", {"speed": 9}),
    "AVIF 4:4:4": (PICTURE, "AVIF", {"speed": 9, "subsampling": "4:4:4"}),
    "AVIF with alpha": (with_alpha(), "AVIF", {"speed": 9}),
    "AVIF of two": (PICTURE, "AVIF", {"speed": 9, "save_all": True, "append_images": [OTHER]}),
    "WebP with alpha": (with_alpha(), "WEBP", {}),
    "WebP lossless with alpha": (with_alpha(), "WEBP", {"lossless": True}),
    "WebP of two": (PICTURE, "WEBP", {"save_all": True, "append_images": [OTHER]}),
    "PNG of two": (PICTURE, "PNG", {"save_all": True, "append_images": [OTHER]}),
    "GIF of two": (PICTURE, "GIF", {"save_all": True, "append_images": [OTHER]}),
    "MPO": (PICTURE, "MPO", {"save_all": True, "append_images": [OTHER]}),
    "CMYK JPEG": (PICTURE.convert("CMYK"), "JPEG", {}),
    "palette with transparency": (PICTURE.convert("P"), "PNG", {"transparency": 3}),
    "TIFF in tiles": (PICTURE, "TIFF", {"compression": "tiff_lzw", "tiffinfo": {322: 64, 323: 64}}),
    "TIFF with JPEG": (PICTURE, "TIFF", {"compression": "jpeg"}),
    "TIFF fax": (PICTURE.convert("1"), "TIFF", {"compression": "group4"}),
    "BigTIFF": (PICTURE, "TIFF", {"big_tiff": True}),
} | {
    f"{kind} with orientation {number}": (PICTURE, kind, {"exif": turned(number)})
    for kind in ("HEIF", "AVIF", "WEBP", "TIFF")
    for number in range(2, 9)
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_picture_looks_as_its_own_library_shows_it(name: str) -> None:
    image, kind, options = CASES[name]
    data = encoded(image, kind, **options)
    picture, _ = images.decode(data, PictureLimits())

    right = as_its_library_sees_it(data)
    assert picture.shape == right.shape
    assert np.abs(picture - right).mean() < 3


def test_heic_and_avif_are_known_by_their_content() -> None:
    kinds = {
        kind: images.check(encoded(PICTURE, kind), PictureLimits()) for kind in ("HEIF", "AVIF")
    }

    assert {kind: info.format for kind, info in kinds.items()} == {"HEIF": "HEIF", "AVIF": "AVIF"}
    assert {(info.width, info.height) for info in kinds.values()} == {(300, 411)}


def test_tiles_are_decoded_one_by_one_at_a_fraction() -> None:
    image = Image.fromarray(scaled(astronaut(), 1024, 768))
    data = encoded(image, "HEIF", tile_size=256)
    picture, divided_by = images.decode(data, PictureLimits(), enough_pixels=1024 * 768 // 16)

    assert (picture.shape, divided_by) == ((192, 256, 3), 4.0)
    assert np.abs(np.asarray(image.reduce(4), np.int16) - picture).mean() < 6


def test_a_compression_that_is_not_taken_is_named() -> None:
    with pytest.raises(UnsupportedFormat, match="compressed in a way"):
        images.check(encoded(PICTURE, "TIFF", compression="zstd"), PictureLimits())
