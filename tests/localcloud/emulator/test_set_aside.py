"""A full collection does not look again at what outlived one."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from localcloud.emulator import set_aside


class Kept:
    """Something that refers to others, which the collector has to look at."""

    def __init__(self) -> None:
        self.other: Kept | None = None


@pytest.fixture
def asides() -> Iterator[None]:
    set_aside.set_aside_what_stays()
    yield
    gc.callbacks.remove(set_aside._set_aside)
    gc.unfreeze()


def test_what_stays_is_looked_at_once(asides: None) -> None:
    kept = [Kept() for _ in range(1000)]
    assert _looked_at(kept) == 1000

    gc.collect()

    assert _looked_at(kept) == 0


def test_it_still_goes_when_nothing_refers_to_it(asides: None) -> None:
    kept = Kept()
    gone = weakref.ref(kept)
    gc.collect()

    del kept

    assert gone() is None


def test_cycles_of_since_are_still_found(asides: None) -> None:
    gc.collect()
    one, other = Kept(), Kept()
    one.other, other.other = other, one
    gone = weakref.ref(one)

    del one, other
    gc.collect()

    assert gone() is None


def test_to_do_it_twice_is_to_do_it_once(asides: None) -> None:
    set_aside.set_aside_what_stays()

    assert gc.callbacks.count(set_aside._set_aside) == 1


def test_without_it_everything_is_looked_at_each_time() -> None:
    kept = [Kept() for _ in range(1000)]

    gc.collect()

    assert _looked_at(kept) == 1000


def _looked_at(kept: list[Kept]) -> int:
    """How many of them the collector would look at."""
    those = {id(one) for one in gc.get_objects()}
    return sum(id(one) in those for one in kept)
