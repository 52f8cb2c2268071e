"""People come into the gallery, and go."""

from __future__ import annotations

from pathlib import Path

import pytest

from recognition.gallery import remove_person
from tests.system.pictures import COLLINS, HOPPER, encoded, faceless, portrait, variant
from tests.system.running import RunningSystem, wait_for
from workers.storage import S3GalleryFiles


class GalleryBucket:
    """The gallery's bucket as somebody outside the system reaches it."""

    def __init__(self, s3: object, name: str) -> None:
        self._s3, self._name = s3, name

    def get(self, key: str) -> bytes:
        return self._s3.get_object(Bucket=self._name, Key=key)["Body"].read()  # type: ignore[attr-defined,no-any-return]

    def put(self, key: str, body: bytes, content_type: str) -> None:
        self._s3.put_object(Bucket=self._name, Key=key, Body=body)  # type: ignore[attr-defined]

    def delete(self, key: str) -> None:
        self._s3.delete_object(Bucket=self._name, Key=key)  # type: ignore[attr-defined]

    def version(self, key: str) -> str:
        return self._s3.head_object(Bucket=self._name, Key=key)["ETag"]  # type: ignore[attr-defined,no-any-return]


@pytest.fixture
def gallery(system: RunningSystem) -> S3GalleryFiles:
    return S3GalleryFiles(GalleryBucket(system.aws("s3"), "faceweb-gallery"))  # type: ignore[arg-type]


def test_a_person_who_is_removed_is_unknown_and_once_enrolled_again_known(
    system: RunningSystem, gallery: S3GalleryFiles, tmp_path: Path
) -> None:
    """Running workers pick up a changed gallery within 10 s, without a restart."""
    remove_person(gallery, COLLINS)
    numbers = iter(range(100))

    def answer() -> str:
        return system.post("who.jpg", variant(COLLINS, next(numbers))).text.split(":")[1].strip()

    wait_for(lambda: answer() == "unknown", 10, "the removal")

    (tmp_path / COLLINS).mkdir()
    (tmp_path / COLLINS / "1.jpg").write_bytes(encoded(portrait(COLLINS)))
    (tmp_path / COLLINS / "wall.png").write_bytes(faceless())
    (tmp_path / COLLINS / "broken.jpg").write_bytes(b"no picture")
    enrolled = system.manage("enrol", str(tmp_path))

    assert enrolled.returncode == 0, enrolled.stderr
    assert (
        "1 pictures of 1 people enrolled, 2 left out. The gallery has 2 people" in enrolled.stdout
    )
    assert "wall.png: no face was found" in enrolled.stdout
    assert "broken.jpg: The file is not a picture" in enrolled.stdout
    assert answer() == COLLINS


def test_a_csv_names_people(system: RunningSystem, tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "one.jpg").write_bytes(variant(HOPPER, 1))
    (tmp_path / "labels.csv").write_text(f"Image,Results\none,{HOPPER}\n")

    enrolled = system.manage("enrol", str(tmp_path / "p"), "--labels", str(tmp_path / "labels.csv"))

    assert "1 pictures of 1 people enrolled, 0 left out" in enrolled.stdout, enrolled.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["/nowhere-at-all"], "No such file"),
        (["."], "no sub-folder with pictures|Nobody was enrolled"),
        ([".", "--labels", "README-missing.csv"], "No such file"),
    ],
)
def test_an_enrolment_that_cant_be_done_says_why(
    system: RunningSystem, tmp_path: Path, arguments: list[str], words: str
) -> None:
    where = [str(tmp_path) if argument == "." else argument for argument in arguments]

    failed = system.manage("enrol", *where)

    assert failed.returncode == 1
    assert "Traceback" not in failed.stderr
    assert any(word in failed.stderr for word in words.split("|")), failed.stderr


def test_an_enrolment_without_a_running_system_says_what_to_start(tmp_path: Path) -> None:
    (tmp_path / "people" / "Paul").mkdir(parents=True)
    (tmp_path / "people" / "Paul" / "1.jpg").write_bytes(variant(HOPPER, 1))
    nothing_runs = RunningSystem(tmp_path / "var")

    failed = nothing_runs.manage("enrol", str(tmp_path / "people"))

    assert failed.returncode == 1
    assert "make run" in failed.stderr or "manage.py migrate" in failed.stderr, failed.stderr
    assert "Traceback" not in failed.stderr
