"""One running system for all tests that only post pictures to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.system.running import RunningSystem


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/system" in str(item.path):
            item.add_marker(pytest.mark.system)


# Short, so that what is delivered again comes again soon.
QUICK = {"VISIBILITY_TIMEOUT_SECONDS": 10, "TASK_TIME_LIMIT_SECONDS": 9}


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """Started once; tests that stop or break a system start one of their own."""
    running = RunningSystem(tmp_path_factory.mktemp("system") / "var", **QUICK)
    try:
        yield running.start()
    finally:
        running.stop()
