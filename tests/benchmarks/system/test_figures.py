"""What the measurements amount to."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from benchmarks.system import figures, report
from benchmarks.system.bare_loop import BareTurn
from benchmarks.system.clients import Exchange
from benchmarks.system.cpu import Peak
from benchmarks.system.measuring import Measured, MeasuredLoad, Round
from benchmarks.system.plan import Plan


def exchange(number: int, text: str | None = None, seconds: float = 0.1) -> Exchange:
    name = f"{number}.jpg"
    said = f"{name}:Grace Hopper\n" if text is None else text
    return Exchange(filename=name, status=200, text=said, job_path="/jobs/1", seconds=seconds)


def load(pictures: int = 100, clients: int = 50, **changes: Any) -> MeasuredLoad:
    one = MeasuredLoad(
        tier="ours",
        clients=clients,
        seconds=5.0,
        exchanges=tuple(exchange(number) for number in range(pictures)),
        cpu_seconds={"web": 0.4, "worker": 6.5, "emulator": 1.0, "clients": 0.2},
        recogniser_cpu_ms=60.0,
        recogniser_ms=62.0,
        web=Peak(resident_mib=210.0, threads=20, open_files=100),
    )
    return replace(one, **changes)


def bare(pictures: int = 100) -> BareTurn:
    answers = {f"{number}.jpg": "Grace Hopper" for number in range(pictures)}
    return BareTurn(seconds=4.0, cpu_seconds=6.1, answers=answers)


def measured(**changes: Any) -> Measured:
    one = Measured(
        plan=Plan(),
        model="vggface2",
        cores=2,
        rounds=(Round(bare=bare(), load=load()),),
        idle=load(5, clients=1),
        waiting=(load(1000, clients=1000),),
        others=(),
    )
    return replace(one, **changes)


def test_the_path_costs_what_web_and_worker_take_beside_the_recogniser() -> None:
    cost = figures.path_cost(measured().rounds)

    assert cost.web == pytest.approx(4.0)
    assert cost.worker == pytest.approx(5.0)  # 65 ms less the recogniser's 60
    assert cost.own == pytest.approx(9.0)
    assert cost.emulator == pytest.approx(10.0)


def test_the_net_ratio_leaves_out_what_emulator_and_clients_took_of_the_cores() -> None:
    speed = figures.speed(measured().rounds, cores=2)

    assert speed.ratio == pytest.approx(4.0 / 5.0)
    assert speed.net_ratio == pytest.approx(4.0 / (5.0 - 1.2 / 2))


def test_ratios_are_taken_within_a_round() -> None:
    """A machine that was slow for a round was slow for both halves of it."""
    slow = Round(bare=replace(bare(), seconds=8.0), load=load(seconds=10.0))
    rounds = (*measured().rounds, slow, slow)

    assert figures.speed(rounds, cores=2).ratio == pytest.approx(0.8)


def test_an_answer_that_differs_from_the_recogniser_alone_is_an_error() -> None:
    wrong = load(exchanges=(exchange(0), exchange(1, "1.jpg:Eileen Collins\n")))

    assert figures.errors(measured(rounds=(Round(bare=bare(), load=wrong),))) == 1


@pytest.mark.parametrize(
    ("text", "status", "answer"),
    [
        ("7.jpg:Grace Hopper\n", 200, "Grace Hopper"),
        ("7.jpg:no face\n", 200, "no face"),
        ("8.jpg:Grace Hopper\n", 200, None),  # somebody else's
        ("7.jpg:Grace Hopper\n", 504, None),
        ("", 0, None),
    ],
)
def test_only_the_contracts_answer_to_this_picture_counts(
    text: str, status: int, answer: str | None
) -> None:
    assert replace(exchange(7, text), status=status).answer == answer


def test_the_tables_hold_the_figures() -> None:
    out = io.StringIO()
    Console(file=out, width=150).print(report.tables(measured()))
    said = [" ".join(line.replace("│", " ").split()) for line in out.getvalue().splitlines()]

    assert "both: our own 9.0" in said
    assert any(line.startswith("1000 ") for line in said)
    assert "0 answers are not as the recogniser alone gives them." in said
