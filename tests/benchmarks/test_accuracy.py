"""The benchmark of accuracy: its rows, its table and its plot, on synthetic faces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.accuracy.__main__ import TooFewPictures, check_enough, measured
from benchmarks.accuracy.contenders import Source, sources
from benchmarks.accuracy.plot import write_plot
from benchmarks.accuracy.report import table
from recognition.evaluation.galleries import STRANGER
from recognition.evaluation.reading import EmbeddedFaces
from tests.recognition.evaluation.crowd import crowd

SFACE = Source(model="sface", weights_dir=Path(), label="sface")
DLIB = Source(model="dlib", weights_dir=Path(), label="dlib")


def embedded(*, people: int = 60, pictures: int = 6, strangers: int = 200) -> EmbeddedFaces:
    rows, names = crowd(people=people, pictures=pictures, strangers=strangers, dimension=128)
    return EmbeddedFaces(
        embeddings=rows,
        names=tuple(names),
        paths=tuple(Path(f"{number}.jpg") for number in range(len(names))),
        several=(False,) * len(names),
        off_centre=tuple(number % 4 == 0 for number in range(len(names))),
        left_out=0,
        milliseconds_a_face=12.5,
    )


def test_ours_and_the_peer_stand_side_by_side() -> None:
    ours, peer = measured(SFACE, embedded())

    assert (ours.name, peer.name) == ("sface", "sface, nearest at 1.128")
    assert [str(one.shape) for one in ours.galleries] == ["10x1", "50x5", "60x5"]
    assert ours.rank_1 == peer.rank_1 == 1.0
    assert ours.wrong_face == 0.25
    thresholds = [one.threshold for one in ours.galleries]
    assert thresholds == sorted(thresholds, reverse=True)  # a larger gallery is stricter
    assert {one.threshold for one in peer.galleries} == {1.128}
    # Ours is the mean of the examples, which is nearer to a further picture than any of them.
    assert ours.galleries[1].tpir >= peer.galleries[1].tpir


def test_a_peer_s_fixed_threshold_names_more_strangers_in_a_larger_gallery() -> None:
    rows = embedded()
    rows.embeddings[:] *= np.float32(0.47)  # two people are then about 0.66 apart

    _, peer = measured(DLIB, rows)

    assert peer.galleries[0].fpir < peer.galleries[1].fpir <= peer.galleries[2].fpir


def test_the_table_says_the_figures() -> None:
    rows = measured(SFACE, embedded())

    lines = table(rows).splitlines()

    assert str(rows[0].galleries[1].shape) == "50x5"
    assert "10x1" in lines[0] and "50x5" in lines[0] and "60x5" in lines[0]
    assert lines[2].startswith("sface") and "12.5" in lines[2]
    assert f"{rows[0].galleries[1].tpir:.1%}" in lines[2]
    assert "wrong face: 25.00% of the pictures" in lines


def test_the_plot_is_a_png(tmp_path: Path) -> None:
    write_plot(tmp_path / "accuracy.png", measured(SFACE, embedded()), "title")

    assert (tmp_path / "accuracy.png").read_bytes().startswith(b"\x89PNG")


def test_models_of_a_further_folder_are_named_after_it(tmp_path: Path) -> None:
    nothing = tmp_path / "weights"
    recovered = tmp_path / "recovered"
    recovered.mkdir()
    (recovered / "20180402-114759-vggface2.pt").write_bytes(b"weights")

    found = sources(nothing, [recovered], ["dlib"])

    assert [source.label for source in found if source.weights_dir == nothing] == ["dlib"]
    assert "vggface2 (recovered)" in [source.label for source in found]


@pytest.mark.parametrize(
    ("people", "pictures", "strangers"), [(9, 3, 50), (20, 1, 50), (20, 2, 19)]
)
def test_too_few_are_refused(people: int, pictures: int, strangers: int) -> None:
    with pytest.raises(TooFewPictures, match=f"of {strangers} strangers"):
        check_enough(embedded(people=people, pictures=pictures, strangers=strangers))


def test_strangers_are_no_people() -> None:
    assert STRANGER not in embedded().people.names
