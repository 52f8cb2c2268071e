"""A reader who follows the tables of steps needs no search: their files and names are there."""

from __future__ import annotations

import re

import pytest

from tests.support.readability import PROJECT

CONCEPTS = PROJECT / "docs/concepts"
WALKS = {"life-of-a-picture": 15, "life-of-a-video": 10, "scaler": 10}
"""The pages with a table of steps, and how many steps each has."""
STEP = re.compile(r"^\| (\d+) \| .+? \| (.+?) \| (.+?) \|$", re.MULTILINE)
CODE = re.compile(r"`([^`]+)`")


def steps(page: str) -> list[tuple[int, list[str], list[str]]]:
    """Each step's number, files, and the names to look for."""
    found = STEP.findall((CONCEPTS / f"{page}.md").read_text(encoding="utf-8"))
    return [
        (int(number), CODE.findall(files), CODE.findall(names)) for number, files, names in found
    ]


@pytest.mark.parametrize("page", WALKS)
def test_the_names_of_each_step_are_in_its_files(page: str) -> None:
    assert [number for number, _, _ in steps(page)] == list(range(1, WALKS[page] + 1))
    for number, files, names in steps(page):
        code = "\n".join((PROJECT / file).read_text(encoding="utf-8") for file in files)
        gone = [name for name in names if not re.search(rf"\b(?:def|class) {name}\b", code)]
        assert names, f"step {number} names nothing to look for"
        assert gone == [], f"step {number}"


def test_the_drawing_has_the_steps_of_the_table() -> None:
    drawing = (CONCEPTS / "life-of-a-picture.mmd").read_text(encoding="utf-8")
    assert "autonumber" in drawing
    assert len(re.findall(r"->>", drawing)) == WALKS["life-of-a-picture"]
