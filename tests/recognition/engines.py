"""The compiled engine for tests, where this machine can run it. It is compiled once a run."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

import pytest

from recognition.errors import EngineUnavailable
from recognition.native.compiling import library_in, load_engine
from recognition.native.engine import Engine


@cache
def _made() -> Path | EngineUnavailable:
    """A folder with the library, or why there is none."""
    folder = Path(tempfile.mkdtemp(prefix="engine-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    try:
        load_engine(folder, lambda _: None)
    except EngineUnavailable as error:
        return error
    return folder


def put_engine(weights_dir: Path) -> EngineUnavailable | None:
    """Put the library into a weights folder, where there is one. Never anew: a library that is
    loaded must not change."""
    made = _made()
    if isinstance(made, EngineUnavailable):
        return made
    library = library_in(weights_dir)
    if not library.exists():
        library.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library_in(made), library)
    return None


def engine_or_skip(weights_dir: Path) -> Engine:
    """The engine in a weights folder; a test skips, and says why, where it can't be had."""
    if missing := put_engine(weights_dir):
        pytest.skip(f"the engine can't run here: {missing}")
    return load_engine(weights_dir, lambda _: None)
