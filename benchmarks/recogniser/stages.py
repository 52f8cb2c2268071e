"""The stages of recognising, and what each of them takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from recognition import images
from recognition.embedding.embedder import Embeddings
from recognition.types import RgbPicture

Recognise = Callable[[bytes], dict[str, float]]
"""Names the faces of one encoded picture; returns milliseconds by stage."""

STAGES = ("decode", "detect", "crop", "embed", "match")


def in_stages(*steps: Callable[[Any], Any]) -> Recognise:
    """A pipeline of one function for each stage, which takes what the one before it gave."""

    def recognise(data: bytes) -> dict[str, float]:
        value: Any = data
        took = {}
        for name, step in zip(STAGES, steps, strict=True):
            began = time.perf_counter()
            value = step(value)
            took[name] = (time.perf_counter() - began) * 1000.0
        return took

    return recognise


def decoded(data: bytes) -> RgbPicture:
    return images.decode(data, images.PictureLimits())[0]


def nearest(known: Embeddings, rows: Iterable[np.ndarray]) -> list[int]:
    """The person of each face."""
    return [int(np.argmin(np.linalg.norm(known - row, axis=1))) for row in rows]
