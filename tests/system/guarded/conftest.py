"""One running system that asks for keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.system.running import RunningSystem, started


@pytest.fixture(scope="package")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """Each module's tests make keys, teams and collections of their own."""
    settings = {"SCALER_MIN": 1, "REQUIRE_API_KEY": 1, "PICTURE_BUCKETS": "shared-pictures"}
    with started(tmp_path_factory.mktemp("guarded") / "var", **settings) as running:
        yield running
