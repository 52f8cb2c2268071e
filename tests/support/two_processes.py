"""Which tests go together when pytest-xdist runs them in two processes (`pytest -n 2`), and in
which order. A pytest plugin.

A file stays together, since its tests share what its fixtures have made; and so do the tests of
the recogniser, all of which need the exported nets, the hostile clients of the same servers, and
those who use one system.
"""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

TOGETHER = (
    "tests/recognition/",
    "tests/hostile/web/",
    "tests/browser/",
    "tests/system/shared/",
    "tests/system/guarded/",
    "tests/system/expendable/",
)
LONG = (
    "tests/system/shared/",
    "tests/browser/",
    "tests/system/test_forgetting.py",
    "tests/system/test_as_on_aws.py",
    "tests/system/test_start_and_stop.py",
    "tests/system/test_scaling.py",
    "tests/system/test_chaos.py",
    "tests/system/expendable/",
    "tests/system/guarded/",
    "tests/system/test_one_of_two_web_instances.py",
    "tests/system/test_bad_surroundings.py",
    "tests/system/test_faces.py",
    "tests/system/test_operations.py",
    "tests/system/test_change_of_model.py",
    "tests/deploy/test_template.py",
    "tests/system/test_real_pictures.py",
    "tests/system/test_long_tasks.py",
    "tests/system/test_installed.py",
    "tests/system/test_bad_days.py",
    "tests/system/test_hanging_worker.py",
    "tests/system/test_lambda_layout.py",
    "tests/localcloud/installing/test_installing.py",
)
"""Half a minute and more, the longest first: begun last, one of them would run on alone."""


def scope_of(nodeid: str) -> str:
    """The tests of one scope run in one process, in their order."""
    file = nodeid.split("::", 1)[0]
    return next((folder for folder in TOGETHER if file.startswith(folder)), file)


class ByScope(LoadScopeScheduling):
    """Gives each process a scope at a time: the long ones, then those of most tests first."""

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


@pytest.hookimpl(trylast=True)  # after those were taken out that are not to run
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not hasattr(config, "workerinput"):
        return
    tests: dict[str, int] = {}
    for item in items:
        scope = scope_of(item.nodeid)
        tests[scope] = tests.get(scope, 0) + 1
    items.sort(key=lambda item: _rank(scope_of(item.nodeid), tests))


def _rank(scope: str, tests: dict[str, int]) -> tuple[int, int, str]:
    return (LONG.index(scope) if scope in LONG else len(LONG), -tests[scope], scope)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByScope:
    config.option.loadscopereorder = False  # they come in the order of `_rank`
    return ByScope(config, log)
