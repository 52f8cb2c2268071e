"""The compiled engine for tests, where this machine can run it. It is compiled once a run.

On a processor without AVX-512 its tests skip and say why. With AVX-512 they must run: a skipped one
fails (`tests/conftest.py`).
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

import pytest

from recognition.errors import EngineUnavailable
from recognition.native.compiling import (
    has_wide_registers,
    library_in,
    load_engine,
    processor_file,
)
from recognition.native.engine import Engine

CANNOT_RUN = "the engine can't run here"


def skipped_for_no_reason(report: pytest.TestReport | pytest.CollectReport) -> bool:
    """True for a test of the engine that skipped although the processor could run it."""
    engine_test = CANNOT_RUN in str(report.longrepr) or "tests/recognition/native" in report.nodeid
    return report.skipped and engine_test and has_wide_registers(processor_file())


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
        pytest.skip(f"{CANNOT_RUN}: {missing}")
    return load_engine(weights_dir, lambda _: None)
