"""The compiled engine for tests, where this machine can run it."""

from __future__ import annotations

from pathlib import Path

import pytest

from recognition.errors import EngineUnavailable
from recognition.native.compiling import load_engine
from recognition.native.engine import Engine


def engine_or_skip(weights_dir: Path) -> Engine:
    """The engine; a test skips, and says why, where it can't be had."""
    try:
        return load_engine(weights_dir, lambda _: None)
    except EngineUnavailable as error:
        pytest.skip(f"the engine can't run here: {error}")
