"""What a sample counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.soak.samples import disk_mib
from localcloud.emulator.emulator_process import KEPT_FOLDER


def test_the_disk_is_everything_but_the_emulator_s_objects(tmp_path: Path) -> None:
    for place in ("a", "logs/b", f"logs/{KEPT_FOLDER}/c", f"{KEPT_FOLDER}/bucket/d"):
        path = tmp_path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(2**20))

    assert disk_mib(tmp_path) == pytest.approx(3.0)
