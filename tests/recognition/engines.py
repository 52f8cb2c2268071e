"""The compiled engine for tests, where this machine can run it. It is compiled once for each state
of its sources, which its name tells, and kept for later runs: 8 s of processor.

On a processor that it has no kernels for its tests skip and say why. Elsewhere they must run: a
skipped one fails (`tests/conftest.py`).
"""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

import pytest

from foundation.config import PROJECT_DIRECTORY
from recognition.errors import EngineUnavailable
from recognition.native.building import Width
from recognition.native.compiling import engine_of, library_in
from recognition.native.engine import Engine
from recognition.native.widths import widths_here

KEPT = PROJECT_DIRECTORY / ".pytest_cache" / "engine"
CANNOT_RUN = "the engine can't run here"


def skipped_for_no_reason(report: pytest.TestReport | pytest.CollectReport) -> bool:
    """True for a test of the engine that skipped although the processor could run it."""
    engine_test = CANNOT_RUN in str(report.longrepr) or "tests/recognition/native" in report.nodeid
    return report.skipped and engine_test and bool(usable_widths())


def usable_widths() -> list[Width]:
    """The kernels that this processor can run, best first."""
    try:
        return widths_here()
    except EngineUnavailable:
        return []


@cache
def _made(width: Width) -> Path | EngineUnavailable:
    """A folder with the library, or why there is none."""
    KEPT.mkdir(parents=True, exist_ok=True)
    try:
        engine_of(width, KEPT, lambda _: None)
    except EngineUnavailable as error:
        return error
    return KEPT


def put_engine(weights_dir: Path, width: Width | None = None) -> EngineUnavailable | None:
    """Put the library into a weights folder, where there is one. Never anew: a library that is
    loaded must not change."""
    try:
        wanted = width or widths_here()[0]
    except EngineUnavailable as error:
        return error
    made = _made(wanted)
    if isinstance(made, EngineUnavailable):
        return made
    library = library_in(weights_dir, wanted)
    if not library.exists():
        library.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library_in(made, wanted), library)
    return None


def engine_or_skip(weights_dir: Path, width: Width | None = None) -> Engine:
    """The engine in a weights folder; a test skips, and says why, where it can't be had."""
    if missing := put_engine(weights_dir, width):
        pytest.skip(f"{CANNOT_RUN}: {missing}")
    return engine_of(width or widths_here()[0], weights_dir, lambda _: None)
