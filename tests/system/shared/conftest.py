"""One running system for all tests that only use it. It ends with the last of them: a system that
nobody asks takes 4 % of a core."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.system.running import QUICK, RunningSystem, started


@pytest.fixture(scope="package")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """Started once; tests that stop or break a system start one of their own."""
    with started(tmp_path_factory.mktemp("system") / "var", **QUICK) as running:
        yield running
