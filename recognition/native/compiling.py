"""The engine's library: out of an installed wheel, or compiled once into the weights folder.

There is a library for each width of registers. A machine image brings those of its architecture
along, and needs no compiler then.
"""

import os
import stat
from pathlib import Path

from recognition.errors import EngineUnavailable
from recognition.native.building import (
    NotCompiled,
    Width,
    compile_library,
    compiler,
    library_name,
)
from recognition.native.engine import Engine
from recognition.native.widths import widths_here
from recognition.registry.exported import exporting_alone
from recognition.weights.fetching import Announce
from recognition.weights.finding import package_folder

OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
WHEEL = "face_engine"
"""The package that pyproject.toml of this folder makes."""


def load_engine(weights_dir: Path, announce: Announce) -> Engine:
    """The engine for this processor, compiled if need be.

    Raises EngineUnavailable, which says why not.
    """
    return engine_of(widths_here()[0], weights_dir, announce)


def engine_of(width: Width, weights_dir: Path, announce: Announce) -> Engine:
    """The engine of one width, which this processor must have. Raises EngineUnavailable."""
    library = make_library(width, weights_dir, announce)
    if not _nobody_else_may_write(library):
        raise EngineUnavailable(
            f"others may write to {library} or its folder, and it would be run: chmod go-w both"
        )
    try:
        return Engine(library)
    except OSError as error:
        raise EngineUnavailable(f"{library} can't be loaded ({error}): delete it") from None


def make_library(width: Width, weights_dir: Path, announce: Announce) -> Path:
    """Compile the engine where that is not done yet, and no wheel has it.

    Processes that start together compile once: the others wait. Raises EngineUnavailable.
    """
    library = library_in(weights_dir, width)
    if library.exists():
        return library
    if (wheel := package_folder(WHEEL)) and (wheel / library.name).exists():
        return wheel / library.name
    try:
        with exporting_alone(weights_dir):
            if not library.exists():
                _compile(library, width, announce)
    except NotCompiled as error:
        raise EngineUnavailable(str(error)) from None
    except OSError as error:
        raise EngineUnavailable(f"the engine can't be made in {weights_dir} ({error})") from None
    return library


def _nobody_else_may_write(library: Path) -> bool:
    """Whether the library belongs to this user or root, who alone may change it."""
    for path in (library, library.parent):
        status = path.stat()
        if status.st_uid not in (0, os.geteuid()) or status.st_mode & OTHERS_WRITE:
            return False
    return True


def library_in(weights_dir: Path, width: Width) -> Path:
    """Where a weights folder keeps the library; a changed source has another name."""
    return weights_dir / "native" / library_name(width)


def _compile(library: Path, width: Width, announce: Announce) -> None:
    cc = compiler()
    announce(f"compiling the engine with {cc} to {library} (once, some seconds)")
    library.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    compile_library(cc, width, library)
