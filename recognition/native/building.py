"""How the kernels are compiled: for which registers, with which flags, under which name.

Needs nothing but Python, because `setup.py` builds the package with it.
"""

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SOURCES = Path(__file__).parent
"""The C files of this folder are one library."""

FLAGS = ("-std=gnu11", "-O3", "-fPIC", "-shared")
COMPILERS = ("cc", "gcc", "clang")

PROCESSOR = "ENGINE_PROCESSOR_FILE"
"""Names another description of the processor than Linux's: tests play older ones."""


class NotCompiled(Exception):
    """There is no compiler, or it refuses the sources."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Width:
    """One kind of registers.

    Parameters:
        machines: names of the architecture, as `platform.machine()` gives them.
        needed: what the processor must say that it can; nothing where all of them can.
        flags: for the compiler.
    """

    name: str
    machines: tuple[str, ...]
    needed: frozenset[str]
    flags: tuple[str, ...]


X86_64 = ("x86_64", "AMD64")

WIDTHS = (
    Width(
        name="avx512",
        machines=X86_64,
        needed=frozenset({"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}),
        flags=("-march=x86-64-v4", "-mprefer-vector-width=512"),
    ),
    Width(
        name="avx2",
        machines=X86_64,
        needed=frozenset({"avx2", "bmi1", "bmi2", "f16c", "fma", "movbe"}),
        flags=("-march=x86-64-v3",),
    ),
    Width(
        name="neon", machines=("aarch64", "arm64"), needed=frozenset(), flags=("-march=armv8-a",)
    ),
)
"""Best first. `width.h` says how wide each is."""


def abilities() -> set[str]:
    """What Linux says that the processor can; nothing where it says nothing."""
    processor = Path(os.environ.get(PROCESSOR) or "/proc/cpuinfo")
    if not processor.exists():
        return set()
    lines = processor.read_text().splitlines()
    return set(next((line for line in lines if line.startswith("flags")), "").split())


def library_name(width: Width) -> str:
    """The library's file. A changed source or flag has another name, so that no old one is used."""
    digest = hashlib.sha256(" ".join((*FLAGS, *width.flags)).encode())
    for file in sorted(SOURCES.glob("*.[ch]")):
        digest.update(file.read_bytes())
    return f"engine-{width.name}-{digest.hexdigest()[:12]}.so"


def compile_library(compiler: str, width: Width, library: Path) -> None:
    """Write the library, whole or not at all. Raises NotCompiled."""
    files = [str(file) for file in sorted(SOURCES.glob("*.c"))]
    draft = library.with_suffix(".draft")
    command = [compiler, *FLAGS, *width.flags, "-o", str(draft), *files, "-lm"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if ended.returncode != 0:
        reason = next(iter(ended.stderr.strip().splitlines()), "no reason given")
        raise NotCompiled(f"{compiler} can't compile the engine ({reason})")
    draft.chmod(0o755)
    draft.replace(library)


def compiler() -> str:
    """The compiler of this machine; the environment's CC comes first. Raises NotCompiled."""
    for name in (os.environ.get("CC", ""), *COMPILERS):
        if name and (found := shutil.which(name)):
            return found
    raise NotCompiled(
        f"no C compiler is installed ({', '.join(COMPILERS)}) to make the engine with"
    )
