"""Python's garbage collector leaves alone what stays for the whole run. A pytest plugin.

The modules and the 4,000 tests that pytest collects are never garbage, nor is what tests import.
To look at all of it again and again took a fifth of the tests' time.
"""

from __future__ import annotations

import gc
from collections.abc import Generator

import pytest

COLLECTIONS = pytest.StashKey[int]()
"""How many times everything had been looked at when it was last frozen."""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """What a look at everything found in use, and the test has left, is there to stay."""
    ended = yield
    collections = gc.get_stats()[2]["collections"]
    if collections > item.config.stash.get(COLLECTIONS, 0):
        gc.freeze()
        item.config.stash[COLLECTIONS] = collections
    return ended
