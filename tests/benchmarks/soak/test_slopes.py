"""What grows, and what only wavers."""

from __future__ import annotations

import math
import random

import pytest

from benchmarks.soak.slopes import settled, slope, slopes
from tests.benchmarks.soak.made_up import sample


def points(
    per_hour: float, noise: float, count: int = 300, seed: int = 7
) -> list[tuple[float, float]]:
    chance = random.Random(seed)  # noqa: S311 - not a secret
    return [
        (number * 6.0, 200 + per_hour * number * 6.0 / 3600 + chance.gauss(0, noise))
        for number in range(count)
    ]


@pytest.mark.parametrize("per_hour", [0.0, 24.0, -30.0])
def test_the_line_finds_the_growth_within_its_error(per_hour: float) -> None:
    found = slope("web: MiB", points(per_hour, noise=3.0))

    assert abs(found.per_hour - per_hour) < 3 * found.error
    assert 0 < found.error < 10


def test_a_line_without_noise_is_exact() -> None:
    found = slope("x", points(36.0, noise=0.0))

    assert found.per_hour == pytest.approx(36.0)
    assert found.error == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(
    ("per_hour", "noise", "grows"),
    [
        (60.0, 3.0, True),
        (0.0, 3.0, False),
        (-60.0, 3.0, False),
        (1.0, 0.0, False),  # certain, but under a hundredth an hour
        (5.0, 100.0, False),  # within the noise
    ],
)
def test_growth_is_what_chance_does_not_explain(per_hour: float, noise: float, grows: bool) -> None:
    assert slope("x", points(per_hour, noise)).grows is grows


def test_few_soaks_that_only_waver_are_said_to_grow() -> None:
    lines, soaks = 34, 60
    alarms = sum(
        any(slope("x", points(0.0, 30.0, seed=soak * lines + line)).grows for line in range(lines))
        for soak in range(soaks)
    )

    assert alarms <= soaks * 0.2  # 9 % are expected; with two standard errors, 60 %


def test_too_few_samples_prove_nothing() -> None:
    found = slope("x", [(0.0, 1.0), (5.0, 100.0)])

    assert math.isinf(found.error)
    assert not found.grows


def test_a_leak_is_found_among_all_that_stays() -> None:
    samples = [sample(number, web_mib=200 + 0.1 * number) for number in range(200)]

    growing = [one.name for one in slopes(samples) if one.grows]

    assert growing == ["web: MiB"]  # and not the emulator's, where S3 is


def test_rows_that_were_answered_are_no_growth_and_open_ones_are_counted() -> None:
    found = {one.name: one for one in slopes([sample(n, 200.0) for n in range(200)])}

    assert found["open jobs"].last == 3


def test_the_first_fifth_is_left_out() -> None:
    samples = [sample(number, 200.0) for number in range(100)]

    assert settled(samples)[0] is samples[20]
