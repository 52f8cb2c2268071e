"""The pictures of the simulated clients, and what becomes of each: the recogniser that knows."""

from __future__ import annotations

import io
from collections.abc import Callable
from enum import StrEnum
from functools import cache

import numpy as np
from PIL import Image

from foundation.messages import RecogniseOptions
from recognition.errors import TruncatedPicture
from recognition.types import NO_FACE, Box, DetectedFace, Face, Recognition


class Content(StrEnum):
    """What is in a picture; a name stands for the person who is seen."""

    PAUL = "Paul"
    SHEA = "Shea"
    NOBODY = NO_FACE
    BROKEN = "broken"  # the web tier takes it, the recogniser can't read it
    DEADLY = "deadly"  # kills the process that reads it
    ENDLESS = "endless"  # takes longer than the time limit


NAMED = (Content.PAUL, Content.SHEA, Content.NOBODY)


@cache
def picture_of(content: Content) -> bytes:
    """A small picture, different for every content."""
    shade = 20 * (1 + list(Content).index(content))
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), (shade, shade, shade)).save(buffer, format="PNG")
    return buffer.getvalue()


@cache
def _contents() -> dict[bytes, Content]:
    return {picture_of(content): content for content in Content}


def content_of(picture: bytes) -> Content:
    """Raises KeyError where the bytes are nobody's picture."""
    return _contents()[picture]


class KnowingRecogniser:
    """Stands where `workers.runtime.Runtime` does. `work` is told what it has before it, and
    takes the time, or the process, that the picture costs."""

    def __init__(self, work: Callable[[Content], None]) -> None:
        self._work = work

    def recognise(self, picture: bytes, asked: RecogniseOptions, collection: str) -> Recognition:
        content = content_of(picture)
        self._work(content)
        if content == Content.BROKEN:
            raise TruncatedPicture("the picture ends too early")
        faces = () if content == Content.NOBODY else (_face(content),)
        return Recognition(faces=faces, width=8, height=8, model="simulated")


def _face(content: Content) -> Face:
    return Face(
        detected=DetectedFace(
            box=Box(left=1, top=1, right=7, bottom=7), probability=0.99, landmarks=()
        ),
        embedding=np.zeros(4, np.float32),
        identity=content.value,
        distance=0.2,
    )
