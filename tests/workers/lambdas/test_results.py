"""A frame's faces as they are stored and read back."""

from __future__ import annotations

import json

import pytest

from recognition.video.merging import SeenFace, SeenFrame
from workers.errors import MalformedMessage
from workers.lambdas.results import decode_frame, encode_frame

FACE = SeenFace(
    name="Ann", box=(1.0, 2.0, 3.5, 4.0), probability=0.99, distance=0.4, similarity=0.8
)
FRAME = SeenFrame(number=3, seconds=1.5, file="a/output-03.jpg", faces=(FACE,))


def test_a_frame_is_read_as_it_was_stored() -> None:
    assert decode_frame(encode_frame(FRAME, 2, "cut short")) == (FRAME, 2, "cut short")


@pytest.mark.parametrize(
    "stored",
    [b"", b"}{", b'"number"', b"7", b"null", b"[]", b"{}", b'{"faces": 1, "damaged": 0}', b"\xff"],
)
def test_what_is_no_frame_is_named(stored: bytes) -> None:
    with pytest.raises(MalformedMessage, match="not as we store them"):
        decode_frame(stored)


@pytest.mark.parametrize("faces", ["x", [1], [None], [{"box": 1}], [{"name": "Ann"}], [[]]])
def test_faces_that_are_none_are_named(faces: object) -> None:
    values = json.loads(encode_frame(FRAME, 0, ""))

    with pytest.raises(MalformedMessage, match="not as we store them"):
        decode_frame(json.dumps({**values, "faces": faces}).encode())
