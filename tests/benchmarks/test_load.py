"""The workload generator's judgement and arithmetic."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.load import Hit, Shot, Verdict, fire, histogram, judged, percentile, post, tally
from localcloud.system.ports import free_port

PAUL = Shot(path=Path("a.jpg"), label="Paul")


@pytest.mark.parametrize(
    ("status", "text", "verdict"),
    [
        (200, "a.jpg:Paul\n", Verdict.OK),
        (200, "a:Paul", Verdict.OK),
        (200, "a.jpg:Shea\n", Verdict.WRONG),
        (200, "no colon", Verdict.FAILED),
        (504, "a.jpg:Paul", Verdict.FAILED),
    ],
)
def test_an_answer_is_judged_by_status_and_label(status: int, text: str, verdict: Verdict) -> None:
    assert judged(PAUL, status, text)[0] == verdict


def hit(seconds: float, verdict: Verdict = Verdict.OK) -> Hit:
    return Hit(shot=PAUL, verdict=verdict, seconds=seconds, text="")


def test_the_tally_counts_and_takes_percentiles_of_what_was_answered() -> None:
    hits = [hit(n / 10) for n in range(1, 21)] + [hit(99, Verdict.FAILED)]

    total = tally(hits, 3.0)

    assert (total.ok, total.wrong, total.failed) == (20, 0, 1)
    assert (total.p50_ms, total.p95_ms) == (1000.0, 1900.0)
    assert percentile([], 0.5) == 0.0


def test_the_histogram_holds_every_answer() -> None:
    rows = histogram([hit(n / 7) for n in range(1, 30)])

    assert sum(count for _, count in rows) == 29


def test_every_shot_is_fired_once() -> None:
    shots = [Shot(path=Path(f"{n}.jpg"), label=None) for n in range(30)]
    hits = fire(shots, 4, lambda shot: Hit(shot=shot, verdict=Verdict.OK, seconds=0.0, text=""))

    assert sorted(str(one.shot.path) for one in hits) == sorted(str(s.path) for s in shots)


def test_a_system_that_is_not_there_is_told_in_words(tmp_path: Path) -> None:
    picture, url = tmp_path / "a.jpg", f"http://127.0.0.1:{free_port()}/"
    picture.write_bytes(b"a picture")

    missed = post(Shot(path=picture, label=None), url)

    assert missed.verdict is Verdict.FAILED
    assert missed.text == f"nothing listens at {url}: is `make run` running?"
