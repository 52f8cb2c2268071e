"""The protocol under seeded faults; and that breaking it is noticed."""

from __future__ import annotations

import pytest

from tests.protocol.faults import CALM
from tests.protocol.simulate import run_seed
from workers.config import get_settings

pytestmark = [pytest.mark.django_db]


def test_without_faults_everybody_gets_an_answer() -> None:
    for seed in range(5):
        verdict = run_seed(seed, get_settings(), CALM)
        assert verdict.wrong == (), "\n".join(verdict.ending.trace[-60:])
