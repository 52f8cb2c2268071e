"""What the benchmark makes of its turns; the runs themselves are the benchmark's."""

from __future__ import annotations

from benchmarks.recogniser.contenders import KNOWN_PEOPLE, contenders, gallery_of_strangers
from benchmarks.recogniser.report import Measured, SizeResult, as_json, table
from benchmarks.recogniser.running import Turn
from benchmarks.recogniser.stages import STAGES


def turns(*images_per_second: float) -> tuple[Turn, ...]:
    stages = dict.fromkeys(STAGES, 2.0)
    return tuple(
        Turn(
            images_per_second=speed,
            images_per_cpu_second=speed / 4,
            stage_milliseconds=stages,
            resident_mib=100.0,
        )
        for speed in images_per_second
    )


def result() -> SizeResult:
    speeds = {
        "reference 2x1": (10.0, 20.0, 10.0),
        "reference 1x2": (8.0, 8.0, 8.0),
        "ours": (40.0, 80.0, 30.0),
    }
    by_name = {each.name: each for each in contenders(2)}
    return SizeResult(
        label="250x250",
        measured=tuple(Measured(by_name[name], turns(*s), 1.5) for name, s in speeds.items()),
        seed_images_per_second=0.2,
    )


def test_the_ratio_is_of_turns_side_by_side_against_the_best_split() -> None:
    """A round in which the machine was twice as fast for both is no advantage."""
    found = result()

    best = found.of_kind("reference")
    assert best is not None and best.contender.name == "reference 2x1"
    assert found.ratio("ours") == 4.0
    assert found.ratio("dlib") is None


def test_the_json_has_what_is_relied_on() -> None:
    told = as_json([result()], "vggface2", 2)["sizes"]["250x250"]

    assert told["ours_images_per_second"] == 40.0
    assert told["reference_images_per_second"] == 10.0
    assert told["ratio"] == 4.0
    assert told["ratio_to_seed"] == 200.0
    assert told["contenders"]["ours"]["stage_milliseconds"]["detect"] == 2.0


def test_the_table_has_a_line_a_contender() -> None:
    text = table(result())

    assert "ours is 200 times as fast as the seed's way" in text
    assert [line.split()[0] for line in text.strip().splitlines()] == [
        "250x250", "reference", "reference", "ours", "seed", "ours",
    ]  # fmt: skip


def test_opencv_is_compared_by_both_times() -> None:
    by_name = {each.name: each for each in contenders(2)}
    measured = (
        Measured(by_name["ours sface"], turns(30.0), 1.5),
        Measured(by_name["opencv"], turns(20.0), 1.5),
    )
    compared = SizeResult(label="250x250", measured=measured, seed_images_per_second=None)

    assert "ours-sface: 1.50 times as fast as opencv, 1.50 by cpu time" in table(compared)


def test_the_splits_use_all_cores() -> None:
    assert {(c.processes, c.threads) for c in contenders(4) if c.kind == "reference"} == {
        (4, 1),
        (1, 4),
    }
    assert [c.name for c in contenders(1) if c.kind == "reference"] == ["reference 1x1"]


def test_the_strangers_of_a_contender_are_in_memory() -> None:
    gallery = gallery_of_strangers("sface", 128)

    assert gallery.matrix.shape == (KNOWN_PEOPLE, 128)
