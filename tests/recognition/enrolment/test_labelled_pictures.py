"""Which files of a folder or a list are pictures of whom, and what is passed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from recognition.enrolment.labelled_pictures import (
    FoundPictures,
    LabelledPicture,
    NoPictures,
    is_picture,
    pictures_by_csv,
    pictures_by_folder,
)
from tests.recognition.pictures import grey, jpeg, noise, png

JPEG, PNG = jpeg(noise(20, 20)), png(grey(noise(20, 20)))


def write(path: Path, content: bytes = JPEG) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def told(found: FoundPictures, folder: Path) -> dict[str, str]:
    return {str(one.path.relative_to(folder)): one.why for one in found.passed_over}


def test_a_sub_folder_is_a_person_and_a_picture_is_one_by_its_content(tmp_path: Path) -> None:
    for name in ("Paul/1.jpg", "Paul/2.PNG", "Shea/1.jfif", "Shea/2.jpe", "Shea/3", "Zo /a.heic"):
        write(tmp_path / name, PNG if name.endswith("PNG") else JPEG)

    found = pictures_by_folder(tmp_path)

    assert [(one.person, one.path.name) for one in found.pictures] == [
        ("Paul", "1.jpg"), ("Paul", "2.PNG"),
        ("Shea", "1.jfif"), ("Shea", "2.jpe"), ("Shea", "3"), ("Zo", "a.heic"),
    ]  # fmt: skip
    assert found.passed_over == ()


def test_all_that_is_passed_over_is_listed_with_its_reason(tmp_path: Path) -> None:
    write(tmp_path / "Ann" / "1.jpg")
    write(tmp_path / "Ann" / "notes.jpg", b"no picture")
    write(tmp_path / "Ann" / ".DS_Store", b"x")
    write(tmp_path / "Ann" / "empty.jpg", b"")
    write(tmp_path / "Ann" / "more" / "2.jpg")
    write(tmp_path / "Bob" / "readme.txt", b"no picture")
    (tmp_path / "Cid").mkdir()
    write(tmp_path / "unknown" / "1.jpg")
    write(tmp_path / ".cache" / "1.jpg")
    write(tmp_path / "loose.jpg")
    write(tmp_path / "list.txt", b"Ann")
    (tmp_path / "Ann" / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")

    assert told(pictures_by_folder(tmp_path), tmp_path) == {
        "Ann/.DS_Store": "Its name begins with a dot.",
        "Ann/empty.jpg": "The file is empty.",
        "Ann/gone.jpg": "It can't be read (No such file or directory).",
        "Ann/more": "Folders within a person's folder are not read: move the pictures up.",
        "Ann/notes.jpg": "The file is not a picture that can be read.",
        "Bob/readme.txt": "The file is not a picture that can be read.",
        "Bob": "The folder holds no picture.",
        "Cid": "The folder holds no picture.",
        "unknown": "'unknown' can't be a person's name: it is an answer of the system; "
        "choose another.",
        ".cache": "Its name begins with a dot.",
        "loose.jpg": "It lies in no person's folder.",
        "list.txt": "The file is not a picture that can be read.",
    }


def test_a_folder_without_people_says_what_to_do_and_what_it_saw(tmp_path: Path) -> None:
    write(tmp_path / "loose.jpg")

    with pytest.raises(NoPictures, match=r"(?s)make one for each person.*loose\.jpg: It lies in"):
        pictures_by_folder(tmp_path)


def test_a_picture_that_is_damaged_further_on_is_one(tmp_path: Path) -> None:
    assert is_picture(write(tmp_path / "cut", JPEG[:-40]))
    assert not is_picture(write(tmp_path / "text.jpg", b"text"))


@pytest.mark.parametrize("image", ["test_00", "test_00.jpg"])
def test_a_csv_names_pictures_with_or_without_extension(tmp_path: Path, image: str) -> None:
    picture = write(tmp_path / "p" / "test_00.jpg")
    write(tmp_path / "p" / "other.jpg")
    labels = write(tmp_path / "l.csv", f"\ufeffImage,Results\n{image}, Paul \n".encode())

    found = pictures_by_csv(picture.parent, labels)

    assert found.pictures == (LabelledPicture(path=picture, person="Paul"),)
    assert told(found, picture.parent) == {"other.jpg": "l.csv does not name it."}


def test_a_line_of_a_csv_that_cant_be_used_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "p" / "a.jpg")
    write(tmp_path / "p" / "b.jpg", b"text")
    write(tmp_path / "p" / "c.jpg")
    labels = write(tmp_path / "l.csv", b"Image,Results\na,Ann\nb,Bob\nc,no face\n")

    found = pictures_by_csv(tmp_path / "p", labels)

    assert [one.person for one in found.pictures] == ["Ann"]
    passed_over = told(found, tmp_path / "p")
    assert passed_over["b.jpg"] == "The file is not a picture that can be read."
    assert passed_over["c.jpg"].startswith("l.csv, line 4: 'no face' can't be a person's name")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Picture,Name\na,b\n", "columns Image,Results"),
        ("Image,Results\nmissing.jpg,Paul\n", "line 2: .* has no picture 'missing.jpg'"),
        ("Image,Results\nboth,Paul\n", "line 2: .* has both both.jpg and both.png"),
        ("Image,Results\ntest_00.jpg,\n", "line 2: a value is missing"),
        ("Image,Results\n", "names no picture"),
        ("", "columns Image,Results"),
        ("\x00\xff", "is no CSV text|columns Image,Results"),
    ],
)
def test_a_csv_that_cant_be_used_says_where(tmp_path: Path, text: str, words: str) -> None:
    for name in ("test_00.jpg", "both.jpg", "both.png"):
        write(tmp_path / "p" / name)
    labels = write(tmp_path / "l.csv", text.encode("latin-1"))

    with pytest.raises(NoPictures, match=words):
        pictures_by_csv(tmp_path / "p", labels)
