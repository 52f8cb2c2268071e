"""The engine's kernels of another architecture, run by qemu in a process of their own."""

from __future__ import annotations

import shutil
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import pytest

from recognition.native.building import FLAGS, SOURCES, WIDTHS
from recognition.native.engine import SCRATCH, Argument, Engine

COMPILER, EMULATOR = "aarch64-linux-gnu-gcc", "qemu-aarch64"
SERVER = Path(__file__).with_name("server.c")


class EmulatedEngine(Engine):
    """Sends what a function is called with, and puts what comes back into the same arrays."""

    def __init__(self, asked: IO[bytes], answered: IO[bytes]) -> None:
        self._asked, self._answered = asked, answered
        self._scratch = np.empty(SCRATCH, np.float32)
        self._work = np.zeros(0, np.float32)

    def _call(self, name: str, *arguments: Argument) -> int:
        self._asked.write(name.encode().ljust(31, b"\0") + struct.pack("q", len(arguments)))
        for it in arguments:
            self._asked.write(_packed(it))
        self._asked.flush()
        (result,) = struct.unpack("q", self._read(8))
        for it in arguments:
            if isinstance(it, np.ndarray) and it.nbytes:
                self._take_back(it)
        return int(result)

    def _take_back(self, array: np.ndarray) -> None:
        values = np.frombuffer(self._read(array.nbytes), array.dtype).reshape(array.shape)
        if array.flags.writeable:
            array[...] = values

    def _read(self, count: int) -> bytes:
        found = self._answered.read(count)
        assert len(found) == count, "the emulated engine has ended"
        return found


def _packed(it: Argument) -> bytes:
    if isinstance(it, np.ndarray):
        return b"a" + struct.pack("q", it.nbytes) + np.ascontiguousarray(it).tobytes()
    if isinstance(it, float | np.floating):
        return b"r" + struct.pack("d", it)
    return b"n" + struct.pack("q", it)


@contextmanager
def emulated_neon(folder: Path) -> Iterator[Engine]:
    """The engine for ARM. Skips where Debian's compiler or qemu is not installed."""
    for program in (COMPILER, EMULATOR):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed (gcc-aarch64-linux-gnu, qemu-user)")
    (neon,) = [width for width in WIDTHS if width.name == "neon"]
    flags = [flag for flag in (*FLAGS, *neon.flags) if flag != "-shared"]
    files = [str(file) for file in [SERVER, *sorted(SOURCES.glob("*.c"))]]
    program = folder / "server"
    command = [COMPILER, *flags, "-static", "-o", str(program), *files, "-lm"]
    subprocess.run(command, check=True)
    process = subprocess.Popen(
        [EMULATOR, str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin and process.stdout
    try:
        yield EmulatedEngine(process.stdin, process.stdout)
    finally:
        process.stdin.close()
        process.wait(timeout=30)
        process.stdout.close()
