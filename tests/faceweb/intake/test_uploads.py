"""Uploads: what is taken, and with which words the rest is refused."""

from __future__ import annotations

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory
from PIL import Image

from faceweb.intake.uploads import UploadRefused, checked_upload, read_upload
from tests.support.factories import make_settings, picture_bytes


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P", "LA", "1", "I;16"])
def test_every_mode_of_png_is_taken(mode: str) -> None:
    image = Image.new(mode, (30, 20)) if mode == "I;16" else None
    buffer = io.BytesIO()
    if image:
        image.save(buffer, format="PNG")
    content = buffer.getvalue() if image else picture_bytes(30, 20, mode, "PNG")

    upload = checked_upload("a.png", content, make_settings())

    assert (upload.width, upload.height, upload.content_type) == (30, 20, "image/png")


def test_the_type_is_that_of_the_content_not_of_the_name() -> None:
    upload = checked_upload("claims-to-be.png", picture_bytes(format="JPEG"), make_settings())

    assert upload.content_type == "image/jpeg"


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b"", 400, "empty"),
        (b"no picture at all", 415, "not a picture"),
        (b"%PDF-1.7 not a picture either", 415, "not a picture"),
        (picture_bytes()[:400], 400, "cut short"),
        (picture_bytes(1200, 1200, format="PNG"), 413, "megapixels"),
        (b"\xff" * (2**20 + 1), 413, "MiB"),
    ],
    ids=["empty", "text", "pdf", "truncated", "pixels", "bytes"],
)
def test_what_is_no_picture_for_us_is_refused_in_a_sentence(
    content: bytes, status: int, words: str
) -> None:
    settings = make_settings(max_upload_mb=8.0 if words == "megapixels" else 1.0, max_megapixels=1)

    with pytest.raises(UploadRefused) as refusal:
        checked_upload("a.jpg", content, settings)

    assert refusal.value.status == status
    assert words in refusal.value.sentence
    assert "\n" not in refusal.value.sentence


def test_a_pixel_bomb_is_refused_before_it_is_decoded() -> None:
    header = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(header, format="PNG")

    with pytest.raises(UploadRefused, match=r"400\.0 megapixels"):
        checked_upload("bomb.png", header.getvalue(), make_settings())


def test_a_picture_that_is_damaged_further_on_is_for_the_worker_to_refuse() -> None:
    content = picture_bytes(200, 100, format="JPEG")

    upload = checked_upload("a.jpg", content[: len(content) // 2], make_settings())

    assert (upload.width, upload.height) == (200, 100)


def post(files: dict[str, object]) -> object:
    return RequestFactory().post("/", files)


@pytest.mark.django_db  # it asks whether the intake is paused
def test_a_form_without_the_field_is_told_its_name() -> None:
    with pytest.raises(UploadRefused, match="inputFile"):
        read_upload(post({"other": SimpleUploadedFile("a.jpg", b"x")}), make_settings())


@pytest.mark.django_db  # it asks whether the intake is paused
def test_several_files_are_refused() -> None:
    two = [SimpleUploadedFile("a.jpg", picture_bytes()) for _ in range(2)]

    with pytest.raises(UploadRefused, match="one inputFile at a time; 2 came"):
        read_upload(post({"inputFile": two}), make_settings())


@pytest.mark.django_db  # it asks whether the intake is paused
def test_one_picture_is_read() -> None:
    content = picture_bytes()

    upload = read_upload(post({"inputFile": SimpleUploadedFile("a.jpg", content)}), make_settings())

    assert (upload.filename, upload.content) == ("a.jpg", content)
