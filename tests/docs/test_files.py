"""Every file that a document names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.documents import CODE
from tests.support.readability import PROJECT, documents

ROOMS = (
    "faceweb", "recognition", "workers", "scaler", "foundation", "localcloud", "deploy",
    "benchmarks", "tests", "docs",
)  # fmt: skip
NAMED = re.compile(rf"(?:{'|'.join(ROOMS)})/[\w./-]*(?:\.\w+|/)")
PAGES = [*documents(), PROJECT / "ARCHITECTURE.md", PROJECT / "CONTRIBUTING.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_named_files_exist(page: Path) -> None:
    code = CODE.findall(page.read_text(encoding="utf-8"))
    named = {found[0] for text in code if (found := NAMED.fullmatch(text))}
    places = (PROJECT, PROJECT / "tests")  # security.md names tests from their folder on
    gone = [name for name in named if not any((place / name).exists() for place in places)]
    assert sorted(gone) == []


def test_the_map_names_files_by_names_that_exist() -> None:
    code = CODE.findall((PROJECT / "ARCHITECTURE.md").read_text(encoding="utf-8"))
    bare = {text for text in code if re.fullmatch(r"[a-z]\w*\.(?:py|css|yaml)", text)}
    assert len(bare) > 30
    exist = {
        path.name
        for room in (*ROOMS, "faces", ".")
        for path in (PROJECT / room).glob("*" if room == "." else "**/*")
    }
    assert sorted(bare - exist) == []


def beside(row: str) -> list[str]:
    """The bare names of a table's row that are not in the folder of the file before them."""
    folder, lost = PROJECT, []
    for text in CODE.findall(row):
        places = [place for at in (folder, PROJECT) if (place := at / text).exists()]
        if "/" in text and places:
            place = places[0]
            folder = place if place.is_dir() else place.parent
        elif re.fullmatch(r"[a-z]\w*\.(?:py|css|yaml)", text) and not (folder / text).exists():
            lost.append(text)
    return lost


def test_the_map_names_files_beside_the_one_before() -> None:
    rows = (PROJECT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()
    assert [lost for row in rows if row.startswith("| ") and (lost := beside(row))] == []


def test_a_file_of_another_folder_is_noticed() -> None:
    assert beside("| a | `scaler/instances/ec2.py`, `hanging.py` |") == ["hanging.py"]
    assert beside("| a | `scaler/deciding/policy.py`, `hanging.py` |") == []


def test_a_file_that_is_gone_is_noticed() -> None:
    assert NAMED.fullmatch("faceweb/short_way.py")
    assert not (PROJECT / "faceweb/short_way.py").exists()
