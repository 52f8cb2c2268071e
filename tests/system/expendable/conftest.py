"""One running system whose people any test may rename and erase."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.system.running import RunningSystem, started


@pytest.fixture(scope="package")
def expendable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """A worker is ready from the start."""
    with started(tmp_path_factory.mktemp("expendable") / "var", SCALER_MIN=1) as running:
        yield running
