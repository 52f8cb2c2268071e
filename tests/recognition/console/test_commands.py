"""`python -m recognition`, with the real dlib model and real portraits."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recognition.__main__ import main
from tests.recognition.pictures import astronaut, grey, hopper, jpeg, noise, png, scaled

ANNOUNCED = "the nets run on ONNX Runtime"
"""The first words of a line that comes before the error where the engine can't run."""


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people, three pictures each, one of which shows no face."""
    folder = tmp_path_factory.mktemp("people")
    for name, picture in (("Eileen Collins", astronaut()), ("Grace Hopper", hopper())):
        (folder / name).mkdir()
        (folder / name / "1.jpg").write_bytes(jpeg(picture))
        (folder / name / "2.png").write_bytes(png(grey(scaled(picture, 300, 330))))
        (folder / name / "notes.txt").write_text("no picture")
    (folder / "Grace Hopper" / "3.png").write_bytes(png(noise(80, 80)))
    return folder


@pytest.fixture(scope="module")
def gallery(people: Path, weights_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gallery")
    options = ["--model", "dlib", "--weights", str(weights_dir), "--gallery", str(folder)]
    assert main(["enrol", str(people), *options]) == 0
    return folder


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    capsys.readouterr()
    status = main([str(word) for word in words])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_names_people_in_a_table(
    capsys: pytest.CaptureFixture[str], gallery: Path, weights_dir: Path, tmp_path: Path
) -> None:
    picture = tmp_path / "mirrored.jpg"
    picture.write_bytes(jpeg(np.ascontiguousarray(astronaut()[:, ::-1])))
    status, out, _ = run(capsys, picture, "--gallery", gallery, "--weights", weights_dir)

    first, face = out.splitlines()
    assert (status, first) == (0, "mirrored.jpg:Eileen Collins")
    assert "Eileen Collins" in face and "similarity" in face and "distance" in face


def test_tells_all_as_json(
    capsys: pytest.CaptureFixture[str], gallery: Path, weights_dir: Path, tmp_path: Path
) -> None:
    both = np.concatenate([astronaut(), hopper()[:512]], axis=1)
    picture = tmp_path / "both.png"
    picture.write_bytes(png(both))
    options = ("--gallery", gallery, "--weights", weights_dir, "--json")
    _, out, _ = run(capsys, picture, *options)

    told = json.loads(out)
    assert {face["identity"] for face in told["faces"]} == {"Eileen Collins", "Grace Hopper"}
    assert (told["width"], told["height"], told["model"]) == (1024, 512, "dlib")
    for face in told["faces"]:
        assert len(face["box"]) == 4 and len(face["landmarks"]) == 5
        assert 0.9 < face["probability"] <= 1.0 and 0.5 < face["similarity"] <= 1.0
        assert face["distance"] < 0.4 and face["quality"]["sharpness"] > 0.01


def test_draws_boxes_and_names(
    capsys: pytest.CaptureFixture[str], gallery: Path, weights_dir: Path, tmp_path: Path
) -> None:
    picture, drawn = tmp_path / "a.png", tmp_path / "drawn.png"
    picture.write_bytes(png(astronaut()))
    run(capsys, picture, "--gallery", gallery, "--weights", weights_dir, "--draw", drawn)

    with Image.open(io.BytesIO(drawn.read_bytes())) as image:
        changed = np.any(np.asarray(image.convert("RGB")) != astronaut(), axis=2)
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    assert 20 < rows[0] < rows[-1] < 230 and 140 < columns[0] < columns[-1] < 400
    assert not changed[250:].any()


def test_a_file_that_is_no_picture_is_named_and_the_others_go_on(
    capsys: pytest.CaptureFixture[str], weights_dir: Path, tmp_path: Path
) -> None:
    (tmp_path / "no.jpg").write_text("no picture")
    (tmp_path / "yes.jpg").write_bytes(jpeg(astronaut()))
    options = ("--model", "dlib", "--weights", weights_dir)
    status, out, err = run(capsys, tmp_path / "no.jpg", tmp_path / "yes.jpg", *options)

    assert status == 1
    assert "no.jpg: The file is not a picture that can be read" in err
    assert out.startswith("yes.jpg:unknown")


def test_enrolling_says_what_is_left_out(
    capsys: pytest.CaptureFixture[str], people: Path, weights_dir: Path, tmp_path: Path
) -> None:
    options = ("--model", "dlib", "--weights", weights_dir, "--gallery", tmp_path / "new")
    status, out, err = run(capsys, "enrol", people, *options)

    assert status == 0
    assert out == "4 pictures of 2 people; 2 in the gallery\n"
    assert "3.png is left out: no face was found" in err
    assert "notes.txt is left out: The file is not a picture that can be read." in err


def test_enrolling_warns_of_look_alikes_twins_and_several_faces(
    capsys: pytest.CaptureFixture[str], gallery: Path, weights_dir: Path, tmp_path: Path
) -> None:
    both = np.concatenate([astronaut(), hopper()[:512]], axis=1)
    for name, picture in {
        "Eileen Collins/again.jpg": jpeg(astronaut()),
        "Imposter/1.jpg": jpeg(astronaut()),
        "Imposter/2.png": png(scaled(astronaut(), 300, 300)),
        "Crowd/both.png": png(both),
    }.items():
        (tmp_path / "p" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "p" / name).write_bytes(picture)
    copy = tmp_path / "gallery"
    shutil.copytree(gallery, copy)
    options = ("--weights", weights_dir, "--gallery", copy)
    status, out, err = run(capsys, "enrol", tmp_path / "p", *options)

    assert status == 0
    assert out == "3 pictures of 2 people; 4 in the gallery\n"
    assert "again.jpg is left out: the same picture as an example that Eileen Collins has" in err
    assert "1.jpg: the same picture as Eileen Collins: it can't show Imposter, too" in err
    assert "2.png: Imposter looks like Eileen Collins" in err
    assert "both.png: 2 faces; the one of" in err

    _, out, err = run(capsys, "enrol", tmp_path / "p", *options, "--faces", "one")
    assert "both.png is left out: it shows 2 faces, and only pictures of one face" in err
    assert "Crowd has no usable picture" in err
    assert out == "0 pictures of 0 people; 4 in the gallery\n"


def test_a_person_without_a_usable_picture_is_an_error(
    capsys: pytest.CaptureFixture[str], weights_dir: Path, tmp_path: Path
) -> None:
    (tmp_path / "people" / "Nobody").mkdir(parents=True)
    (tmp_path / "people" / "Nobody" / "1.png").write_bytes(png(noise(80, 80)))
    options = ("--model", "dlib", "--weights", weights_dir, "--gallery", tmp_path / "new")
    status, _, err = run(capsys, "enrol", tmp_path / "people", *options)

    assert status == 1
    assert "Nobody has no usable picture" in err
    assert not (tmp_path / "new").exists()


def test_evaluates_and_plots(
    capsys: pytest.CaptureFixture[str], people: Path, weights_dir: Path, tmp_path: Path
) -> None:
    options = ("--model", "dlib", "--weights", weights_dir)
    status, out, _ = run(capsys, "evaluate", people, *options, "--plot", tmp_path / "roc.png")
    _, as_json, _ = run(capsys, "evaluate", people, *options, "--json")

    assert status == 0
    assert "rank-1                100.00%" in out and "the same person up to 0." in out
    assert "(too few pairs to tell)" in out
    assert "too few people and strangers: give --strangers FOLDER" in out
    told = json.loads(as_json)
    assert told["left_out"] == 1 and told["tar_at"]["0.01"]["true_accept_rate"] == 1.0
    assert told["galleries"] == [] and told["doubtful"] == []
    assert (tmp_path / "roc.png").exists()


def test_too_few_pictures_calibrate_nothing(
    capsys: pytest.CaptureFixture[str], people: Path, weights_dir: Path
) -> None:
    options = ("--model", "dlib", "--weights", weights_dir, "--strangers", people)
    status, out, err = run(capsys, "calibrate", people, *options)

    assert (status, out) == (1, "")
    assert "calibrating needs 20 people with two pictures or more, and 100 strangers" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["evaluate", "EMPTY"], "has no sub-folder with pictures: make one for each person"),
        (["picture.jpg", "--gallery", "EMPTY"], "is no gallery with people in it: make one with"),
        (["import-gallery", "EMPTY/data.pt", "EMPTY"], "data.pt"),
    ],
)
def test_errors_are_one_line(
    words: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    weights_dir: Path,
    tmp_path: Path,
) -> None:
    filled = [word.replace("EMPTY", str(tmp_path)) for word in words]
    more = (
        [] if words[0] == "import-gallery" else ["--model", "dlib", "--weights", str(weights_dir)]
    )
    status, _, err = run(capsys, *filled, *more)

    assert status == 1
    (error,) = [line for line in err.splitlines() if not line.startswith(ANNOUNCED)]
    assert message in error
