"""What a load needs, which part is full first, and what it costs."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from deploy.management.commands.capacity import _stacks
from deploy.stack import service_times
from deploy.stack.capacity import (
    HYPERTHREADED,
    Answer,
    Way,
    answer,
    cores,
    on_one_machine,
    parts,
    steady,
)
from scaler.instances.prices import INSTANCE_HOUR, machine_hour
from tests.support.readability import PROJECT

WAY = Way(app_type="c7i.large", picture_seconds=0.05, boot_seconds=40.0)


def answered(rate: float, **changes: object) -> Answer:
    return answer(steady(rate), _stacks(), replace(WAY, **changes))  # type: ignore[arg-type]


def test_a_part_is_full_when_its_units_work_without_a_pause() -> None:
    (small, _) = _stacks()
    (app,) = (part for part in parts(small, WAY) if part.name == "app instances")

    assert app.units == int(small["FleetMaximum"])
    assert app.one == pytest.approx(2 / HYPERTHREADED / 0.05)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("c7g.large", 2.0),
        ("c7i.xlarge", 4 / HYPERTHREADED),
        ("t3.small", 0.4 / HYPERTHREADED),
        ("db.t4g.small", 0.4),
        ("db.m7g.xlarge", 4.0),
    ],
)
def test_cores_of_a_type(kind: str, expected: float) -> None:
    assert cores(kind) == pytest.approx(expected)


def test_the_part_that_is_full_first_stands_in_front() -> None:
    for stack in _stacks():
        full_at = [part.full_at for part in parts(stack, WAY)]
        assert full_at == sorted(full_at)


def test_a_load_below_every_part_fills_nothing_and_a_large_one_fills_in_order() -> None:
    assert answered(5).full == {"small": (), "standard": ()}

    (small, _) = _stacks()
    order = [part.name for part in parts(small, WAY)]
    full = answered(200).full["small"]
    assert full and list(full) == order[: len(full)]


def test_the_fleet_is_as_large_as_its_work() -> None:
    """No less than the work, by the utilisation law, and not twice as large."""
    found = answered(100)
    least = 100 * 0.05 * HYPERTHREADED / 2

    assert least <= found.instances <= 2 * least
    assert found.dollars["app tier"] >= 730 * found.instances * machine_hour("c7i.large")
    assert found.p95_seconds < 5


def test_past_the_web_tier_no_bytes_are_paid_for() -> None:
    by_web, by_s3 = (answered(200, by_s3=way) for way in (False, True))

    assert "web tier's network" in by_web.full["small"]
    assert "web tier's network" not in by_s3.full["small"]
    assert by_s3.dollars["S3's requests"] > by_web.dollars["S3's requests"]


def test_disk_and_address_are_in_the_price() -> None:
    price = INSTANCE_HOUR["c7g.large"]
    assert price < machine_hour("c7g.large") < price + 0.01


def test_one_machine_shares_its_cores_among_all_parts() -> None:
    each = ("WEB", "WORKER", "RECOGNISER", "EMULATOR", "CLIENTS")
    whole = sum(getattr(service_times, name).value for name in each)

    assert on_one_machine(2 * 1000 / service_times.RECOGNISER_ALONE.value) == pytest.approx(
        2 * 1000 / whole
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--rate", "0"], "not a positive number"),
        (["--rate", "20000"], "At most 10,000 pictures a second"),
        (["--type", "x9.huge"], "invalid choice"),
        (["--service", "never"], "is not a number"),
    ],
)
def test_senseless_questions_are_answered_in_words(arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("capacity", *arguments)


@pytest.mark.system  # it simulates a day of a million pictures
def test_the_tables_of_the_documents_are_current() -> None:
    told = StringIO()
    call_command("capacity", "--markdown", stdout=told)
    page = (PROJECT / "docs/operations.md").read_text(encoding="utf-8")

    for line in told.getvalue().splitlines():
        assert line in page.splitlines()
