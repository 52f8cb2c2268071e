"""The file of a backup: whole or refused, and never unpacked."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from faceweb.backup.archive import ABOUT, FORMAT, BackupRefused, checked, opened, written

Change = Callable[[tarfile.TarFile], None]


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    path = tmp_path / "a.faces"
    with written(path) as writer:
        writer.add_json(ABOUT, {"format": FORMAT, "migrations": []})
        writer.add("objects/pictures/0", io.BytesIO(b"pixels"), 6, {"key": "../../etc/passwd"})
    return path


def test_a_key_is_data_and_no_path(backup: Path) -> None:
    with opened(backup) as entries:
        about, picture, end = list(entries)

    assert (about.name, end.name) == ("about.json", "end.json")
    assert picture.name == "objects/pictures/0"
    assert picture.about == {"key": "../../etc/passwd"}
    assert checked(backup)["format"] == FORMAT


def test_it_is_its_owners_alone_and_never_overwritten(backup: Path) -> None:
    assert backup.stat().st_mode & 0o777 == 0o600
    before = backup.read_bytes()

    with pytest.raises(BackupRefused, match="exists already"), written(backup):
        pass

    assert backup.read_bytes() == before


def test_an_interrupted_one_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), written(tmp_path / "a.faces"):
        raise KeyboardInterrupt

    assert list(tmp_path.iterdir()) == []


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> Change:
    def add(tar: tarfile.TarFile) -> None:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, link
        tar.addfile(info)

    return add


@pytest.mark.parametrize(
    "change",
    [
        entry("../outside"),
        entry("/etc/passwd"),
        entry("objects/pictures/../../../x"),
        entry("objects/pictures/0", tarfile.SYMTYPE, "/etc/passwd"),
        entry("objects/pictures/0", tarfile.LNKTYPE, "about.json"),
        entry("tables", tarfile.DIRTYPE),
        entry("tables/a", tarfile.FIFOTYPE),
        entry("about.json\n"),
    ],
    ids=["parent", "absolute", "parents", "link", "hard link", "folder", "pipe", "line break"],
)
def test_an_entry_that_no_backup_has_is_refused(tmp_path: Path, change: Change) -> None:
    path = tmp_path / "bad.faces"
    with tarfile.open(path, "w:gz") as tar:
        change(tar)

    with pytest.raises(BackupRefused, match=r"no backup of this system: it has"):
        checked(path)


@pytest.mark.parametrize("about", ["[]", "[" * 100_000, "{"], ids=["list", "deep", "cut short"])
def test_an_object_that_says_nothing_sensible_of_itself_is_refused(
    tmp_path: Path, about: str
) -> None:
    path = tmp_path / "odd.faces"
    with tarfile.open(path, "w:gz") as tar:
        info = tarfile.TarInfo("objects/pictures/0")
        info.pax_headers = {"FACES.object": about}
        tar.addfile(info)

    with pytest.raises(BackupRefused, match="damaged, or no backup"):
        checked(path)


def test_one_that_ends_early_is_refused(backup: Path, tmp_path: Path) -> None:
    content = backup.read_bytes()
    short = tmp_path / "short.faces"
    for length in range(len(content)):
        short.write_bytes(content[:length])
        with pytest.raises(BackupRefused):
            checked(short)


def content_of(path: Path) -> list[tuple[str, bytes]]:
    with opened(path) as entries:
        return [(entry.name, entry.file.read()) for entry in entries]


def test_a_bit_that_flipped_is_refused_or_harmless(backup: Path, tmp_path: Path) -> None:
    """gzip's header has bytes that mean nothing, such as the time."""
    content, refused = backup.read_bytes(), 0
    wrong = tmp_path / "wrong.faces"
    for place in range(len(content)):
        wrong.write_bytes(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])
        try:
            checked(wrong)
        except BackupRefused:
            refused += 1
        else:
            assert content_of(wrong) == content_of(backup)
    assert refused > len(content) // 2


@pytest.mark.parametrize("content", [b"", b"hello", b"\x1f\x8b", b"[]" * 999])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)

    with pytest.raises(BackupRefused, match="damaged, or no backup"):
        checked(path)


@pytest.mark.parametrize(
    "text",
    [
        "[]", "{", '"x"', "{}", '{"format": 99}', '{"format": 1}', "[" * 100_000,
        '{"format": 1, "migrations": 5}', '{"format": 1, "migrations": [["faceweb", 1]]}',
    ],
    ids=range(9),
)  # fmt: skip
def test_one_that_says_nothing_sensible_of_itself_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "odd.faces"
    with tarfile.open(path, "w:gz") as tar:
        for name, content in ((ABOUT, text), ("end.json", json.dumps({"entries": 1}))):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content.encode()))

    with pytest.raises(BackupRefused):
        checked(path)
