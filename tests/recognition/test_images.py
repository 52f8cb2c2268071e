"""Bytes to pictures: every mode becomes RGB, hostile bytes become errors for people."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

from recognition import images
from recognition.errors import (
    EmptyPicture,
    NotAPicture,
    PictureError,
    PictureTooLarge,
    TruncatedPicture,
)
from recognition.images import PictureLimits
from tests.recognition.pictures import astronaut, encoded, jpeg, noise, png, scaled

LIMITS = PictureLimits()


def decoded(data: bytes) -> np.ndarray:
    picture, factor = images.decode(data, LIMITS)
    assert factor == 1.0
    return picture


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF", "WEBP", "JPEG", "AVIF"])
def test_formats_come_out_as_rgb(kind: str) -> None:
    picture = decoded(encoded(Image.fromarray(scaled(astronaut(), 64, 48)), kind))

    assert picture.shape == (48, 64, 3) and picture.dtype == np.uint8


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "CMYK", "YCbCr", "I;16", "F"])
def test_modes_come_out_as_rgb(mode: str) -> None:
    grey = Image.fromarray(scaled(astronaut(), 64, 48)).convert("L")
    source = {"I;16": grey.convert("I"), "F": grey}.get(mode, grey.convert("RGB"))
    image = source.convert(mode)

    assert decoded(encoded(image, "TIFF")).shape == (48, 64, 3)


def test_transparent_parts_are_white() -> None:
    image = Image.new("RGBA", (4, 4), (200, 0, 0, 0))
    image.putpixel((1, 1), (0, 0, 200, 255))
    picture = decoded(encoded(image))

    assert picture[0, 0].tolist() == [255, 255, 255]
    assert picture[1, 1].tolist() == [0, 0, 200]


def test_sixteen_bits_are_scaled_not_cut() -> None:
    values = np.array([[0, 65535 // 2, 65535]], np.uint16)
    picture = decoded(encoded(Image.fromarray(values)))

    assert picture[0, :, 0].tolist() == [0, 127, 255]


@pytest.mark.parametrize(("orientation", "turns"), [(1, 0), (8, 1), (3, 2), (6, 3)])
def test_pictures_are_upright(orientation: int, turns: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = scaled(astronaut(), 60, 40)
    data = encoded(Image.fromarray(picture), "PNG", exif=exif)

    np.testing.assert_array_equal(decoded(data), np.rot90(picture, turns))


@pytest.mark.parametrize(
    ("side", "divided_by"), [(1000, 1.0), (1999, 1.0), (2001, 2.0), (4100, 4.0)]
)
def test_a_large_jpeg_is_decoded_at_a_fraction_that_is_large_enough(
    side: int, divided_by: float
) -> None:
    data = encoded(Image.new("L", (side, side), 90), "JPEG")
    picture, factor = images.decode(data, LIMITS, enough_pixels=1_000_000)

    assert factor == pytest.approx(divided_by, rel=0.01)
    assert picture.shape[2] == 3
    assert picture.shape[0] * picture.shape[1] >= 1_000_000


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "BMP", "AVIF"])
@pytest.mark.parametrize(("side", "divided_by"), [(600, 1.0), (1201, 3.0)])
def test_all_other_formats_are_made_smaller_by_whole_numbers(
    kind: str, side: int, divided_by: float
) -> None:
    data = encoded(Image.fromarray(scaled(astronaut(), side, side)), kind)
    picture, factor = images.decode(data, LIMITS, enough_pixels=160_000)

    assert factor == pytest.approx(divided_by, rel=0.01)
    whole = np.asarray(Image.fromarray(decoded(data)).resize(picture.shape[1::-1]), np.float32)
    assert np.abs(whole - picture).mean() < 4


def test_nothing_is_no_picture() -> None:
    with pytest.raises(EmptyPicture, match="0 bytes came"):
        images.decode(b"", LIMITS)


@pytest.mark.parametrize("data", [b"hello", b"%PDF-1.7", b"<svg></svg>", b"\x00" * 4096])
def test_other_files_are_no_pictures(data: bytes) -> None:
    with pytest.raises(NotAPicture, match="not a picture that can be read"):
        images.decode(data, LIMITS)


@pytest.mark.parametrize("data", [jpeg(astronaut()), png(noise(200, 200))])
def test_a_picture_that_ends_early_is_named(data: bytes) -> None:
    half = data[: len(data) // 2]

    assert images.check(half, LIMITS).width > 0
    with pytest.raises(TruncatedPicture, match="damaged or cut short"):
        images.decode(half, LIMITS)


def test_limits_are_checked_before_decoding() -> None:
    data = png(noise(100, 50))

    with pytest.raises(PictureTooLarge, match=r"up to 0\.001 are taken"):
        images.check(data, PictureLimits(max_pixels=1000))
    with pytest.raises(PictureTooLarge, match="MiB"):
        images.check(data, PictureLimits(max_bytes=100))


@settings(max_examples=60)
@given(st.data())
def test_damage_anywhere_is_a_picture_or_a_picture_error(data: st.DataObject) -> None:
    """Whatever happens to the bytes, nothing else than a PictureError comes out."""
    whole = bytearray(data.draw(st.sampled_from(SMALL)))
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        picture, _ = images.decode(bytes(whole), PictureLimits(max_pixels=1_000_000))
    except PictureError:
        return
    assert picture.ndim == 3 and picture.shape[2] == 3


SMALL = [
    encoded(Image.fromarray(noise(24, 16)), kind)
    for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "AVIF")
]
