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


def test_a_file_that_is_gone_is_noticed() -> None:
    assert NAMED.fullmatch("faceweb/short_way.py")
    assert not (PROJECT / "faceweb/short_way.py").exists()
