"""What pictures cost, by the scaler's own simulation."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from deploy.stack.cost_table import CostRow, row
from scaler.instances.prices import INSTANCE_HOUR, machine_hour


@pytest.fixture(scope="module")
def burst() -> CostRow:
    return row("burst-100", "c7i.large", 0.06, 40.0)


def test_a_burst_pays_for_instances_from_their_launch_to_their_end(burst: CostRow) -> None:
    dollars = burst.dollars_per_thousand * burst.pictures / 1000
    instance_hours = dollars / machine_hour("c7i.large")

    assert burst.pictures == 100
    assert burst.most_instances >= 1
    # A minute at least is billed for each launch, and nobody stays for an hour.
    assert burst.most_instances / 60 <= instance_hours < burst.most_instances


def test_functions_make_a_trickle_cheap_and_quick() -> None:
    trickle = row("poisson-0.02", "c7i.large", 0.06, 40.0)

    assert trickle.dollars_with_functions <= 0.05 < trickle.dollars_per_thousand
    assert trickle.p95_with_functions <= 3.0 < trickle.p95_seconds


def test_slower_pictures_cost_more() -> None:
    quick, slow = (row("burst-1000", "c7i.large", seconds, 40.0) for seconds in (0.05, 0.5))

    assert slow.dollars_per_thousand > quick.dollars_per_thousand


def test_disk_and_address_are_in_the_price() -> None:
    price = INSTANCE_HOUR["c7g.large"]
    assert price < machine_hour("c7g.large") < price + 0.01


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--load", "nothing"], "No load is named nothing"),
        (["--type", "x9.huge"], "x9.huge has no price"),
        (["--service", "0"], "more than 0"),
    ],
)
def test_senseless_questions_are_answered_in_words(arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("costtable", *arguments)
