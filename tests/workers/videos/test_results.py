"""A frame's faces as they are stored and read back."""

from __future__ import annotations

import json

import numpy as np
import pytest

from foundation.errors import MalformedMessage
from recognition.video.merging import SeenFace, SeenFrame, merge
from workers.videos.results import decode_frame, encode_frame, video_json

VECTOR = np.linspace(0, 1, 128, dtype="<f4").tobytes()
FACE = SeenFace(
    name="Ann", box=(1.0, 2.0, 3.5, 4.0), probability=0.99, distance=0.4, similarity=0.8,
    person_id="p1", not_named="hardly a face", embedding=VECTOR,
)  # fmt: skip
FRAME = SeenFrame(number=3, seconds=1.5, file="a/output-03.jpg", faces=(FACE,), model="dlib")


def test_a_frame_is_read_as_it_was_stored() -> None:
    assert decode_frame(encode_frame(FRAME, 2, "cut short")) == (FRAME, 2, "cut short")


def test_a_frame_from_before_embeddings_were_kept_is_read() -> None:
    old = {
        "number": 0, "file": "f", "seconds": 0.0, "error": None, "damaged": 0, "trouble": "",
        "faces": [{"name": None, "box": [1, 2, 3, 4], "probability": 1.0, "distance": None,
                   "similarity": None}],
    }  # fmt: skip
    frame, _, _ = decode_frame(json.dumps(old).encode())

    assert frame.faces[0].embedding is None


def test_no_embedding_leaves_with_a_result() -> None:
    written = video_json("a.mp4", [FRAME], merge([FRAME]), 0, "")

    assert b"embedding" not in written
    assert json.loads(written)["frames"][0]["faces"][0]["not_named"] == "hardly a face"


@pytest.mark.parametrize(
    "stored",
    [b"", b"}{", b'"number"', b"7", b"null", b"[]", b"{}", b'{"faces": 1, "damaged": 0}', b"\xff"],
)
def test_what_is_no_frame_is_named(stored: bytes) -> None:
    with pytest.raises(MalformedMessage, match="not as we store them"):
        decode_frame(stored)


@pytest.mark.parametrize(
    "faces",
    [
        "x",
        [1],
        [None],
        [{"box": 1}],
        [{"name": "Ann"}],
        [[]],
        [{"name": "Ann", "box": [1, 2, 3, 4], "probability": 1.0, "embedding": "AAAAA"}],
        [{"name": "Ann", "box": [1, 2, 3, 4], "probability": 1.0, "embedding": "AAA="}],
    ],
)
def test_faces_that_are_none_are_named(faces: object) -> None:
    values = json.loads(encode_frame(FRAME, 0, ""))

    with pytest.raises(MalformedMessage, match="not as we store them"):
        decode_frame(json.dumps({**values, "faces": faces}).encode())
