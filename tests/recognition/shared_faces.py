"""Pictures of real people that lie beside the project and are no part of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import SHARED

LFW = SHARED / "faces/lfw"


def lfw_people() -> list[list[Path]]:
    """The pictures of each person of Labeled Faces in the Wild; skips the test without them."""
    return [sorted(folder.iterdir()) for folder in sorted(lfw("people").iterdir())]


def lfw(part: str) -> Path:
    """The folder of the people or of the strangers; skips the test without it."""
    folder = LFW / part
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    return folder
