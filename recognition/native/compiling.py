"""Compiles the engine where that is of use: once, into the weights folder.

The library runs on every x86-64 processor with AVX-512 (Intel since 2017, AMD since 2022), so a
machine image may bring it along, and needs no compiler then.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import stat
import subprocess
from pathlib import Path

from recognition.errors import EngineUnavailable
from recognition.native.engine import Engine
from recognition.registry.exported import exporting_alone
from recognition.weights.fetching import Announce

SOURCES = Path(__file__).parent
"""The C files of this package are one library."""

FLAGS = (
    "-std=gnu11", "-O3", "-march=x86-64-v4", "-mprefer-vector-width=512", "-fPIC", "-shared",
)  # fmt: skip
NEEDED = {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
COMPILERS = ("cc", "gcc", "clang")
X86_64 = ("x86_64", "AMD64")
PROCESSOR = "ENGINE_PROCESSOR_FILE"
"""Names another description of the processor than Linux's: tests play one without AVX-512."""


def load_engine(weights_dir: Path, announce: Announce) -> Engine:
    """The engine, compiled if need be. Raises EngineUnavailable, which says why not."""
    if not has_wide_registers(processor_file()):
        raise EngineUnavailable("this processor has no AVX-512")
    library = make_library(weights_dir, announce)
    if not _nobody_else_may_write(library):
        raise EngineUnavailable(
            f"others may write to {library} or its folder, and it would be run: chmod go-w both"
        )
    try:
        return Engine(library)
    except OSError as error:
        raise EngineUnavailable(f"{library} can't be loaded ({error}): delete it") from None


def make_library(weights_dir: Path, announce: Announce) -> Path:
    """Compile the engine where that is not done yet, also for other machines than this one.

    Processes that start together compile once: the others wait. Raises EngineUnavailable.
    """
    library = library_in(weights_dir)
    if library.exists():
        return library
    try:
        with exporting_alone(weights_dir):
            if not library.exists():
                _compile(library, announce)
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


def processor_file() -> Path:
    """What describes this machine's processor."""
    return Path(os.environ.get(PROCESSOR) or "/proc/cpuinfo")


def has_wide_registers(processor: Path) -> bool:
    """Whether the engine's library would run here."""
    if platform.machine() not in X86_64 or not processor.exists():
        return False
    lines = processor.read_text().splitlines()
    flags = next((line for line in lines if line.startswith("flags")), "")
    return set(flags.split()) >= NEEDED


def library_in(weights_dir: Path) -> Path:
    """Where a weights folder keeps the library; a changed source has another name."""
    digest = hashlib.sha256(" ".join(FLAGS).encode())
    for file in sorted(SOURCES.glob("*.[ch]")):
        digest.update(file.read_bytes())
    return weights_dir / "native" / f"engine-{digest.hexdigest()[:12]}.so"


def _compile(library: Path, announce: Announce) -> None:
    if platform.machine() not in X86_64:
        raise EngineUnavailable(f"it is made for x86-64, and this machine is {platform.machine()}")
    compiler = _compiler()
    files = [str(file) for file in sorted(SOURCES.glob("*.c"))]
    announce(f"compiling the engine with {compiler} to {library} (once, some seconds)")
    library.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    draft = library.with_suffix(".draft")
    command = [compiler, *FLAGS, "-o", str(draft), *files]
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
