"""Pictures that want to cost much: each is answered in a sentence, within bounds.

Headers (the web tier) are bounded by the lines of ours that run, decoding (the worker) by memory.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from faceweb.intake.uploads import UploadRefused, checked_upload
from foundation import messages
from recognition import images
from recognition.errors import PictureError, PictureTooLarge
from recognition.images import PictureLimits, memory_wall
from tests.hostile import picture_files as made
from tests.hostile.cost import Lines, peak_bytes
from tests.hostile.picture_files import box, chunk, flood, riff, riff_chunk, segment
from tests.support.factories import make_settings
from workers.replying import explain

MIB = 2**20
MOST_LINES = 450_000
"""About 30 ms without the tracer that counts them."""

LIMITS = PictureLimits(max_held_bytes=24 * MIB)
MOST_MEMORY = 48 * MIB
"""What decoding may take with these limits, the picture that comes of it and libraries included."""

TOO_LARGE, UNKNOWN, DAMAGED = 413, 415, 400

REFUSED: dict[str, tuple[Callable[[], bytes], int]] = {
    "JPEG, a flood of 0xFF": (lambda: flood(made.JPEG[:-2], b"\xff"), DAMAGED),
    "JPEG, a flood of stuffed bytes": (lambda: flood(made.JPEG[:-2], b"\xff\x00"), DAMAGED),
    "JPEG, a flood of restarts": (lambda: flood(made.JPEG[:-2], b"\xff\xd3"), DAMAGED),
    "JPEG, a flood of starts": (lambda: flood(made.JPEG[:2], b"\xff\xd8"), DAMAGED),
    "JPEG, a flood of comments": (
        lambda: flood(made.JPEG[:2], segment(0xFE, b"xxxxxxxx")), TOO_LARGE),
    "JPEG, a flood of scans": (
        lambda: flood(made.JPEG[: made.SCAN], segment(0xDA, b"\x01\x01\x00\x00\x3f\x00")),
        TOO_LARGE),
    "JPEG, 70 scans of 36 megapixels": (lambda: made.scans(70), TOO_LARGE),
    "JPEG, 300 scans of 36 megapixels": (lambda: made.scans(300), TOO_LARGE),
    "JPEG, 4,295 megapixels": (lambda: made.claimed_jpeg(made.JPEG, 65535, 65535), TOO_LARGE),
    "JPEG without pixels": (lambda: made.claimed_jpeg(made.JPEG, 0, 64), DAMAGED),
    "JPEG without a frame": (lambda: made.JPEG[:2] + made.JPEG[made.SCAN :], DAMAGED),
    "JPEG, lossless": (lambda: made.JPEG.replace(b"\xff\xc0", b"\xff\xc3"), UNKNOWN),
    "JPEG of 12 bits": (lambda: made.JPEG.replace(b"\xff\xc0\x00\x0b\x08", b"\xff\xc0\x00\x0b\x0c"),
                        UNKNOWN),
    "JPEG, a comment over its end": (lambda: made.JPEG[:2] + b"\xff\xfe\xff\xff", DAMAGED),
    "PNG, a line of 40 megapixels": (lambda: made.png(1, 40_000_000), TOO_LARGE),
    "PNG, 40,000 megapixels": (lambda: made.png(200_000, 200_000), TOO_LARGE),
    "PNG, 39 megapixels in four colours": (lambda: made.png(6300, 6300, 8, 6), TOO_LARGE),
    "PNG, 39 megapixels of 16 bits": (lambda: made.png(6300, 6300, 16, 2), TOO_LARGE),
    "PNG without pixels": (lambda: made.png(0, 10), DAMAGED),
    "PNG without a header": (lambda: b"\x89PNG\r\n\x1a\n" + chunk(b"IEND"), DAMAGED),
    "GIF, a flood of comments": (lambda: flood(made.GIF_HEAD, b"\x21\xfe\x00"), TOO_LARGE),
    "GIF, a comment in single letters": (
        lambda: flood(made.GIF_HEAD + b"\x21\xfe", b"\x01x"), TOO_LARGE),
    "GIF, comments in single letters": (
        lambda: flood(made.GIF_HEAD, b"\x21\xfe" + b"\x01x" * 5000 + b"\x00"), TOO_LARGE),
    "GIF, a frame larger than its screen": (lambda: made.gif_frame(60_000, 60_000), TOO_LARGE),
    "BMP, 2 billion pixels in a row": (lambda: made.bmp(2**31 - 1, 1), TOO_LARGE),
    "BMP, a flood of run lengths": (
        lambda: made.bmp(100, 100, 8, 1, bytes(3 * FLOOD_OF_RUNS)), TOO_LARGE),
    "BMP without pixels": (lambda: made.bmp(0, 5), DAMAGED),
    "BMP without a header": (lambda: b"BM" + bytes(10), DAMAGED),
    "WebP, a flood of chunks": (
        lambda: flood(riff(made.canvas(64, 48)), riff_chunk(b"JUNK", b"")), TOO_LARGE),
    "WebP, a flood of EXIF": (
        lambda: flood(riff(made.canvas(64, 48)), riff_chunk(b"EXIF", bytes(60))), TOO_LARGE),
    "WebP, 16 million pixels a side": (
        lambda: riff(made.canvas(2**24, 2**24), made.VP8), TOO_LARGE),
    "WebP, 64 pixels on 100 megapixels": (
        lambda: riff(made.canvas(65_000, 3_100), made.VP8), TOO_LARGE),
    "WebP, 39 megapixels with alpha": (lambda: riff(
        riff_chunk(b"VP8L", b"\x2f" + struct.pack("<I", 6299 | 6299 << 14 | 1 << 28) + bytes(9))),
        TOO_LARGE),
    "WebP without a frame": (lambda: riff(made.canvas(64, 48)), DAMAGED),
    "TIFF, 65,535 tags": (lambda: b"II*\x00\x08\x00\x00\x00\xff\xff" + bytes(MIB), TOO_LARGE),
    "TIFF, tags that all hold the whole file": (
        lambda: made.sides(64, 64, *((tag, 1, 2**31, 8) for tag in (273, 279, 320))), TOO_LARGE),
    "TIFF, a tile of 4,295 megapixels": (
        lambda: made.sides(64, 64, (259, 3, 1, 8), (322, 4, 1, 65_535), (323, 4, 1, 65_535)),
        TOO_LARGE),
    "TIFF, one strip of 39 megapixels": (
        lambda: made.sides(6300, 6300, (259, 3, 1, 5), (277, 3, 1, 3)), TOO_LARGE),
    "TIFF, a JPEG of a million scans": (
        lambda: made.sides(64, 64, (259, 3, 1, 7)) + b"\xff\xda" * MIB, TOO_LARGE),
    "TIFF, a compression that nobody uses": (
        lambda: made.sides(64, 64, (259, 3, 1, 34925)), UNKNOWN),
    "TIFF, its directory far away": (lambda: b"MM\x00*\xff\xff\xff\xff", DAMAGED),
    "HEIC, a flood of boxes": (lambda: flood(made.FTYP, box(b"free")), TOO_LARGE),
    "HEIC, 60,000 items": (lambda: made.meta(items=60_000), TOO_LARGE),
    "HEIC, places without bytes": (lambda: made.meta(box(
        b"iloc", bytes(6) + struct.pack(">H", 9000) + struct.pack(">HHH", 1, 0, 65_535) * 9000)),
        TOO_LARGE),
    "HEIC, a flood of properties": (lambda: made.meta(box(b"iprp", box(b"ipco", box(b"free") * 500)
        + box(b"ipma", bytes(4) + struct.pack(">I", 8000)
              + (struct.pack(">HB", 1, 255) + b"\x01" * 255) * 8000))), TOO_LARGE),
    "HEIC, a flood of tiles": (lambda: made.meta(
        made.sizes(512, 512), made.places((1, 0, 8), (2, 0, 8)),
        box(b"iref", bytes(4) + box(b"dimg", struct.pack(">HH", 1, 60_000) + b"\x00\x02" * 60_000)),
        grid=True), TOO_LARGE),
    "HEIC, 4,295 megapixels": (
        lambda: made.meta(made.sizes(65_535, 65_535), made.places((1, 0, 8))), TOO_LARGE),
    "HEIC, a box without an end": (lambda: made.FTYP + b"\x00\x00\x00\x04meta", DAMAGED),
    "HEIC without items": (lambda: made.FTYP, DAMAGED),
    "AVIF, 70,000 pixels wide": (lambda: made.lying("AVIF", 70_000, 8), TOO_LARGE),
    "a video": (lambda: box(b"ftyp", b"isom\x00\x00\x02\x00isomiso2mp41") + bytes(100), UNKNOWN),
    "a text": (lambda: b"just words, and many of them " * 999, UNKNOWN),
    "nothing": (lambda: b"", DAMAGED),
}  # fmt: skip

FLOOD_OF_RUNS = 2 * MIB


@pytest.mark.parametrize("name", REFUSED)
def test_the_web_tier_refuses_by_the_header_alone(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, status = REFUSED[name]
    data, lines = make(), Lines("/recognition/images/")
    monkeypatch.setattr("faceweb.intake.uploads.images.PictureLimits", lambda **_: LIMITS)

    def refused() -> UploadRefused:
        with pytest.raises(UploadRefused) as refusal:
            checked_upload("a.jpg", data, make_settings())
        return refusal.value

    refusal, risen = peak_bytes(lambda: lines.of(refused))

    assert refusal.status == status
    assert refusal.sentence[0].isupper() and refusal.sentence.endswith(".")
    assert "Error" not in refusal.sentence and "\n" not in refusal.sentence
    assert lines.count < MOST_LINES
    assert risen < 16 * MIB


DECODED: dict[str, tuple[Callable[[], bytes], bool]] = {
    "JPEG, only a header": (lambda: made.claimed_jpeg(made.JPEG, 4000, 2000), True),
    "JPEG, 40 scans of 1 megapixel": (
        lambda: made.claimed_jpeg(made.scans(40), 512, 512), True),
    "PNG, 64 MiB in one profile": (
        lambda: made.png(64, 64, 8, 0, chunk(b"iCCP", b"x\x00\x00" + made.BOMB), made.ROWS), True),
    "PNG, 64 MiB in one comment": (
        lambda: made.png(64, 64, 8, 0, chunk(b"zTXt", b"x\x00\x00" + made.BOMB), made.ROWS), True),
    "PNG, 64 MiB in packed EXIF": (lambda: made.png(64, 64, 8, 0, chunk(
        b"zTXt", b"Raw profile type exif\x00\x00" + made.BOMB), made.ROWS), True),
    "PNG, 64 MiB after its last row": (
        lambda: made.png(64, 64, 8, 0, chunk(b"IDAT", made.BOMB)), True),
    "PNG, a flood of empty chunks": (lambda: made.png(
        64, 64, 8, 0, chunk(b"IDAT") * 120_000, made.ROWS), False),
    "PNG, fewer rows than it says": (lambda: made.png(2000, 2000, 8, 0, made.ROWS), False),
    "PNG, no rows": (lambda: made.png(64, 64), False),
    "GIF, a frame larger than its screen": (lambda: made.gif_frame(900, 900), False),
    "BMP, no rows": (lambda: made.bmp(2000, 2000), False),
    "TIFF, no strips": (lambda: made.sides(2000, 2000), False),
    "TIFF, a strip outside": (
        lambda: made.sides(64, 64, (273, 4, 1, 2**31), (278, 4, 1, 64), (279, 4, 1, 4096)), False),
    "WebP, a frame of another size": (lambda: riff(made.canvas(64, 48), riff_chunk(
        b"VP8 ", b"\x10\x00\x00\x9d\x01\x2a\xff\x3f\xff\x3f" + bytes(200))), False),
    "WebP, an empty lossless frame": (lambda: riff(riff_chunk(
        b"VP8L", b"\x2f" + struct.pack("<I", 99 | 99 << 14) + bytes(9))), True),
    "AVIF that is larger than it says": (lambda: made.lying("AVIF", 16, 16), False),
    "AVIF that is smaller than it says": (lambda: made.lying("AVIF", 1500, 1500), True),
    "AVIF, a side of nothing": (lambda: made.lying("AVIF", 0, 512), False),
    "HEIC, no bytes": (lambda: made.meta(made.sizes(512, 512), made.places((1, 0, 0))), False),
    "HEIC, bytes outside": (
        lambda: made.meta(made.sizes(512, 512), made.places((1, 2**31, 99))), False),
}  # fmt: skip


@pytest.mark.parametrize("name", DECODED)
def test_the_worker_decodes_or_refuses_within_bounds(name: str) -> None:
    make, may_be_decoded = DECODED[name]
    data = make()

    def answer() -> str:
        try:
            images.decode(data, LIMITS, enough_pixels=2_000_000)
        except PictureError as error:
            return str(error)
        return "decoded"

    answer()  # so that libraries are loaded already
    said, risen = peak_bytes(answer)

    assert said.endswith(".") or (said == "decoded" and may_be_decoded)
    assert risen < MOST_MEMORY


def test_what_breaks_a_bound_is_the_picture_s_fault_and_final() -> None:
    with pytest.raises(PictureTooLarge) as refused:
        images.check(made.scans(300), PictureLimits())

    kind, sentence = explain(refused.value)
    assert kind == messages.BAD_PICTURE
    assert "302 scans" in sentence or "scans; save it as a baseline JPEG" in sentence


@pytest.mark.skipif(not memory_wall.STATM.exists(), reason="the kernel has no such limit")
def test_an_allocation_over_the_wall_fails_and_the_next_one_works() -> None:
    """It is larger than what earlier tests freed, which the process may still hold."""
    with memory_wall.at_most(8 * MIB), pytest.raises(MemoryError):
        bytearray(1024 * MIB)

    assert len(bytearray(1024 * MIB)) == 1024 * MIB


def test_a_header_that_lies_meets_the_wall(monkeypatch: pytest.MonkeyPatch) -> None:
    """If a format's costs were judged wrongly, the kernel still holds the memory. The picture is
    larger than what the process may have free."""
    monkeypatch.setattr("recognition.images.decoding.judge", lambda *_: None)
    monkeypatch.setattr("recognition.images.decoding.SLACK_BYTES", 0)
    data = made.png(25_000, 25_000, 8, 0, made.ROWS)

    with pytest.raises(PictureTooLarge, match="more memory"):
        images.decode(data, PictureLimits(max_held_bytes=4 * MIB), enough_pixels=2_000_000)


SHARED = Path(__file__).parents[2].parent / "shared" / "cases" / "pictures"


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"the collected cases are not at {SHARED}")
def test_collected_pictures_are_decoded_upright() -> None:
    """Pictures that people sent and that were refused or misread once."""
    contents = {path.name: path.read_bytes() for path in sorted(SHARED.iterdir())}
    shapes = {
        name: images.decode(content, PictureLimits())[0].shape
        for name, content in contents.items()
        if images.begins_like_a_picture(content)
    }

    assert len(shapes) >= 10
    turned = {name: shape for name, shape in shapes.items() if name.startswith("exif_o6_")}
    stored = {name: Image.open(SHARED / name).size for name in turned}
    assert {name: shape[:2] for name, shape in turned.items()} == stored
