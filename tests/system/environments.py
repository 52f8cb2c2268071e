"""New virtual environments. They have no pip, which takes 3 s of processor to unpack: ours installs
into them."""

from __future__ import annotations

import sys
import venv
from pathlib import Path


def new_environment(folder: Path) -> Path:
    """Make one. Returns its Python."""
    venv.create(folder, symlinks=True)
    return folder / "bin" / "python"


def install_into(python: Path, *what: str) -> list[str]:
    """The command that installs into the environment of a Python."""
    pip = [sys.executable, "-m", "pip", "--python", str(python)]
    return [*pip, "install", "-q", "--no-compile", *what]
