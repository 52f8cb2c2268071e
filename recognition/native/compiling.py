"""Compiles the engine where that is of use: once, into the weights folder.

There is a library for each width of registers (widths.py). A machine image brings those of its
architecture along, and needs no compiler then.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
from pathlib import Path

from recognition.errors import EngineUnavailable
from recognition.native.engine import Engine
from recognition.native.widths import Width, widths_here
from recognition.registry.exported import exporting_alone
from recognition.weights.fetching import Announce

SOURCES = Path(__file__).parent
"""The C files of this package are one library."""

FLAGS = ("-std=gnu11", "-O3", "-fPIC", "-shared")
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
COMPILERS = ("cc", "gcc", "clang")


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
    """Compile the engine where that is not done yet.

    Processes that start together compile once: the others wait. Raises EngineUnavailable.
    """
    library = library_in(weights_dir, width)
    if library.exists():
        return library
    try:
        with exporting_alone(weights_dir):
            if not library.exists():
                _compile(library, width, announce)
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
    digest = hashlib.sha256(" ".join((*FLAGS, *width.flags)).encode())
    for file in sorted(SOURCES.glob("*.[ch]")):
        digest.update(file.read_bytes())
    return weights_dir / "native" / f"engine-{width.name}-{digest.hexdigest()[:12]}.so"


def _compile(library: Path, width: Width, announce: Announce) -> None:
    compiler = _compiler()
    files = [str(file) for file in sorted(SOURCES.glob("*.c"))]
    announce(f"compiling the engine with {compiler} to {library} (once, some seconds)")
    library.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    draft = library.with_suffix(".draft")
    command = [compiler, *FLAGS, *width.flags, "-o", str(draft), *files]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if ended.returncode != 0:
        reason = next(iter(ended.stderr.strip().splitlines()), "no reason given")
        raise EngineUnavailable(f"{compiler} can't compile the engine ({reason})")
    draft.chmod(0o755)
    draft.replace(library)


def _compiler() -> str:
    for name in (os.environ.get("CC", ""), *COMPILERS):
        if name and (found := shutil.which(name)):
            return found
    raise EngineUnavailable(
        f"no C compiler is installed ({', '.join(COMPILERS)}) to make the engine with"
    )
