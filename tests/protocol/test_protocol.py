"""The protocol under seeded faults; and that breaking it is noticed."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import structlog

from foundation.config import get_settings
from tests.protocol.faults import CALM
from tests.protocol.mutations import MUTATIONS
from tests.protocol.simulate import first_wrong, run_seed
from tests.support.silence import silence

# The simulated database fails within transactions: none of the test's own may be around them.
pytestmark = [
    pytest.mark.django_db(transaction=True),
    # Celery says what it met, at each fault; and the task has our own one's name.
    pytest.mark.filterwarnings(
        "ignore:Exception raised outside body:RuntimeWarning",
        "ignore:Task name 'recognise':celery.exceptions.DuplicateTaskNameWarning",
    ),
]

QUICK_SEEDS, SEEDS = 10, 1000
MOST_SEEDS_TO_NOTICE = 200
NOTICED_LATE = {
    "waiters not told by other processes": 77,
    "a late answer overwrites the first": 33,
    "an unsent reply becomes a failure": 35,
}
"""Which seed was the first to notice, where it was not one of the first few. It is tried first, for
the time of the others: they come after it, should it notice no more."""


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Every fault is logged by whoever meets it: thousands of lines that say nothing new."""
    before = structlog.get_config()
    silence()
    logging.disable(logging.CRITICAL)  # pytest would keep each record, with its traceback's frames
    yield
    logging.disable(logging.NOTSET)
    structlog.configure(**before)


def test_without_faults_everybody_gets_an_answer() -> None:
    for seed in range(5):
        verdict = run_seed(seed, get_settings(), CALM)
        assert verdict.wrong == (), "\n".join(verdict.ending.trace[-60:])
        assert len(verdict.ending.jobs) == len(verdict.ending.clients.all)


def test_the_same_seed_is_the_same_run() -> None:
    runs = [run_seed(3, get_settings()).ending for _ in range(2)]

    assert runs[0].injected == runs[1].injected
    assert [line for line in runs[0].trace if "FAULT" in line] == [
        line for line in runs[1].trace if "FAULT" in line
    ]


def check(seeds: range) -> None:
    found = first_wrong(seeds, get_settings())

    if found is not None:
        trace = "\n".join(found.ending.trace[-80:])
        pytest.fail(f"seed {found.ending.seed}: {found.wrong}\n{trace}")


def test_a_few_seeds_keep_the_promise() -> None:
    check(range(QUICK_SEEDS))


@pytest.mark.system
def test_many_seeds_keep_the_promise() -> None:
    check(range(QUICK_SEEDS, SEEDS))


@pytest.mark.system
@pytest.mark.parametrize("name", MUTATIONS)
def test_a_broken_product_is_noticed(name: str) -> None:
    with MUTATIONS[name]():
        seeds = [NOTICED_LATE.get(name, 0), *range(MOST_SEEDS_TO_NOTICE)]
        found = first_wrong(seeds, get_settings())

    assert found is not None, f"{MOST_SEEDS_TO_NOTICE} seeds did not notice: {name}"
    print(f"{name}: seed {found.ending.seed}: {found.wrong[0]}")
