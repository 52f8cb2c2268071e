"""The engine under the address and undefined-behaviour sanitizers: its tests again, in a process
that a read beyond an array or an overflow ends."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.recognition.engines import engine_or_skip

COMPILER = """#!/bin/sh
exec {cc} -fsanitize=address,undefined -fno-sanitize-recover=all -fno-sanitize=alignment "$@" -O1
"""
"""Registers are read from where no whole one begins, which x86-64 allows. With -O3 compiling would
take minutes."""

TESTS = Path(__file__).parent / "test_engine.py"


@pytest.mark.system
def test_the_engine_reads_and_writes_only_what_is_its_own(tmp_path: Path) -> None:
    engine_or_skip(tmp_path / "usual")
    cc = shutil.which("gcc")
    if cc is None:
        pytest.skip("gcc, whose sanitizers these are, is not installed")
    compiler = tmp_path / "cc"
    compiler.write_text(COMPILER.format(cc=cc))
    compiler.chmod(0o700)
    ours = {
        "CC": str(compiler),
        "LD_PRELOAD": f"{_library(cc, 'libasan.so')} {_library(cc, 'libubsan.so')}",
        "ASAN_OPTIONS": "detect_leaks=0",  # Python keeps what it has
    }
    options = ["-q", "-p", "no:cacheprovider", f"--basetemp={tmp_path / 'inner'}"]
    command = [sys.executable, "-m", "pytest", *options, "-m", "not system", str(TESTS)]

    theirs = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}

    ended = subprocess.run(command, env=theirs | ours, capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-4000:]
    assert " passed" in ended.stdout and "skipped" not in ended.stdout


def _library(cc: str, name: str) -> str:
    found = subprocess.run(
        [cc, f"-print-file-name={name}"], capture_output=True, text=True, check=True
    ).stdout.strip()
    if found == name:
        pytest.skip(f"{name} is not installed")
    return found
