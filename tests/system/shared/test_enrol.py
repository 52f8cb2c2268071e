"""People come into the gallery, and go."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from PIL import Image

from foundation.aws.storage import S3GalleryFiles
from recognition.gallery.gallery_changes import remove_person
from tests.system.pictures import COLLINS, HOPPER, encoded, faceless, portrait, variant
from tests.system.running import RunningSystem, wait_for


class GalleryBucket:
    """The gallery's bucket as somebody outside the system reaches it."""

    def __init__(self, s3: object, name: str) -> None:
        self._s3, self.name = s3, name

    def get(self, key: str) -> bytes:
        return self._s3.get_object(Bucket=self.name, Key=key)["Body"].read()  # type: ignore[attr-defined,no-any-return]

    def put(self, key: str, body: bytes, content_type: str) -> None:
        self._s3.put_object(Bucket=self.name, Key=key, Body=body)  # type: ignore[attr-defined]

    def delete(self, key: str) -> None:
        self._s3.delete_object(Bucket=self.name, Key=key)  # type: ignore[attr-defined]

    def version(self, key: str) -> str:
        return self._s3.head_object(Bucket=self.name, Key=key)["ETag"]  # type: ignore[attr-defined,no-any-return]


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


def test_an_enrolment_warns_and_says_what_it_left_out(
    system: RunningSystem, gallery: S3GalleryFiles, tmp_path: Path
) -> None:
    """Somebody else under another name, a twin, a crowd, an answer as a name, odd files."""
    both = Image.new("RGB", (1000, 500))
    for place, person in enumerate((COLLINS, HOPPER)):
        both.paste(portrait(person).resize((500, 500)), (500 * place, 0))
    for name, content in {
        "Impostor/1.jfif": variant(COLLINS, 40),
        "Impostor/copy": variant(COLLINS, 40),
        "Crowd/both.png": encoded(both, "PNG"),
        "Crowd/notes.txt": b"no picture",
        "no face/1.jpg": variant(HOPPER, 41),
        "loose.jpg": variant(HOPPER, 42),
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)

    enrolled = system.manage("enrol", str(tmp_path))

    assert enrolled.returncode == 0, enrolled.stderr
    told = enrolled.stdout
    assert "2 pictures of 2 people enrolled, 4 left out." in told, told
    assert f"1.jfif: Impostor looks like {COLLINS}" in told
    assert "copy: the same picture as" in told and "it was not added again" in told
    assert "both.png: 2 faces; the one of" in told
    assert "notes.txt: The file is not a picture that can be read." in told
    assert "no face: 'no face' can't be a person's name" in told
    assert "loose.jpg: It lies in no person's folder." in told

    for name in ("Impostor", "Crowd"):
        remove_person(gallery, name)


def test_the_api_warns_refuses_and_takes_small_letters(
    system: RunningSystem, gallery: S3GalleryFiles
) -> None:
    def add(name: str, picture: bytes, **form: str) -> httpx.Response:
        files = {"picture": ("p.jpg", picture)}
        return httpx.post(
            f"{system.url}api/v1/subjects", data={"name": name, **form}, files=files, timeout=120
        )

    alike = add("Impostor", variant(COLLINS, 43))
    assert alike.status_code == 201, alike.text
    assert any(f"looks like {COLLINS}" in text for text in alike.json()["warnings"])
    assert add("IMPOSTOR", variant(COLLINS, 44)).status_code == 409
    assert add("Unknown", variant(COLLINS, 45)).status_code == 422

    both = Image.new("RGB", (1000, 500))
    for place, person in enumerate((COLLINS, HOPPER)):
        both.paste(portrait(person).resize((500, 500)), (500 * place, 0))
    crowd = add("Crowd", encoded(both), faces="one")
    assert crowd.status_code == 422 and "shows 2 faces" in crowd.json()["detail"]

    remove_person(gallery, "Impostor")
