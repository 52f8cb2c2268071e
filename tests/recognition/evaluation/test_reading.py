"""Which pictures an evaluation reads, and which face of each."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from recognition.evaluation.galleries import STRANGER
from recognition.evaluation.reading import pictures_of, read_pictures
from recognition.recognizer import Recognizer
from recognition.types import DetectedFace
from tests.recognition.fakes import FakeDetector, FakeEmbedder, face_at, vector

MIDDLE, CORNER, SMALL_MIDDLE = face_at(60, 60, 80), face_at(2, 2, 60), face_at(80, 80, 40)


def write(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (200, 200), "grey").save(path)
    return path


def read(folder: Path, *faces: DetectedFace):  # type: ignore[no-untyped-def]
    pictures = pictures_of(folder / "people", folder / "strangers", print)
    recognizer = Recognizer(FakeDetector(*faces), FakeEmbedder(vector(1), vector(2)))
    return read_pictures(pictures, recognizer, "none", print)


def test_strangers_come_last_and_people_can_be_had_alone(tmp_path: Path) -> None:
    ann = write(tmp_path / "people/Ann/1.png")
    stranger = write(tmp_path / "strangers/who.png")
    (tmp_path / "strangers/list.txt").write_text("no picture")

    found = read(tmp_path, MIDDLE)

    assert (found.names, found.paths) == (("Ann", STRANGER), (ann, stranger))
    assert found.people.names == ("Ann",) and len(found.people.embeddings) == 1
    assert found.milliseconds_a_face >= 0.0


def test_pictures_with_several_faces_and_a_face_that_is_not_in_the_middle(tmp_path: Path) -> None:
    write(tmp_path / "people/Ann/1.png")
    write(tmp_path / "strangers/who.png")

    one, central, aside = (
        read(tmp_path, *faces) for faces in ([MIDDLE], [MIDDLE, CORNER], [CORNER, SMALL_MIDDLE])
    )

    assert (one.several[0], one.off_centre[0]) == (False, False)
    assert (central.several[0], central.off_centre[0]) == (True, False)
    assert (aside.several[0], aside.off_centre[0]) == (True, True)


def test_pictures_without_a_face_are_counted(tmp_path: Path) -> None:
    write(tmp_path / "people/Ann/1.png")
    write(tmp_path / "strangers/who.png")

    assert read(tmp_path).left_out == 2
