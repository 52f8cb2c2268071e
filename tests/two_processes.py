"""Which tests go together when pytest-xdist runs them in two processes (`pytest -n 2`). A pytest
plugin.

A file stays together, since its tests share what its fixtures have made; and so do the tests of
the recogniser, all of which need the exported nets: making these takes longer than most files.
"""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

TOGETHER = ("tests/recognition/",)


def scope_of(nodeid: str) -> str:
    """The tests of one scope run in one process, in their order."""
    file = nodeid.split("::", 1)[0]
    return next((folder for folder in TOGETHER if file.startswith(folder)), file)


class ByScope(LoadScopeScheduling):
    """Gives each process a scope at a time, those of most tests first."""

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByScope:
    return ByScope(config, log)
