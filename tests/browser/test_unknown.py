"""Strangers are named, merged and dismissed by keyboard alone, in both themes, at both widths."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import running_for_visitors
from tests.browser.visitor import Visitor
from tests.system.pictures import COLLINS, HOPPER, variant
from tests.system.running import RunningSystem, wait_for


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """Not the one of all modules, where strangers of other tests wait."""
    with running_for_visitors(tmp_path_factory) as running:
        yield running


def seen(visitor: Visitor, person: str, *numbers: int) -> None:
    """Pictures of somebody who is unknown."""
    for number in numbers:
        files = {"picture": (f"{person} {number}.jpg", variant(person, number))}
        job = visitor.api.post("/recognise", files=files).raise_for_status().json()
        assert job["result"] == "unknown"


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_two_groups_are_merged_and_that_is_undone_by_keyboard(visitor: Visitor) -> None:
    """The first test: nobody who looks alike is dismissed yet."""
    visitor.knows()
    seen(visitor, COLLINS, 21)
    seen(visitor, HOPPER, 22)
    page = visitor.page
    page.goto("/unknown")
    groups = page.locator(".group")
    expect(groups).to_have_count(2)

    merge = page.get_by_role("button", name="Merge the chosen groups")
    press(page, "ArrowDown", "x", "m")
    expect(merge).to_be_hidden()
    press(page, "ArrowDown", "x")
    expect(merge).to_be_visible()
    press(page, "m")

    expect(groups).to_have_count(1)
    expect(groups.get_by_role("checkbox", name="Face")).to_have_count(2)
    page.get_by_role("button", name="Undo").press("Enter")
    expect(groups).to_have_count(2)
    page.get_by_role("button", name="Not a face").first.press("Enter")
    expect(groups).to_have_count(1)
    expect(groups).to_be_focused()
    page.get_by_role("button", name="Not a face").press("Enter")
    expect(groups).to_have_count(0)


def test_alike_faces_are_folded_and_named_or_dismissed_for_ever_by_keyboard(
    anybody: Visitor,
) -> None:
    anybody.knows()
    seen(anybody, COLLINS, 1, 2, 3, 4, 5)
    seen(anybody, HOPPER, 1, 2)
    page = anybody.page
    page.goto("/unknown")
    expect(page.locator(".group").first.locator(".times").first).to_have_text(re.compile(r"×\d"))

    press(page, "ArrowDown", "Enter")
    page.keyboard.type("Eileen U.")
    press(page, "Enter")

    expect(anybody.note.first).to_contain_text("Eileen U. is known now")
    expect(anybody.note.first).to_contain_text("5 faces")
    expect(page.locator(".group")).to_be_focused()
    press(page, "Delete")
    expect(page.get_by_text("Dismissed: nobody is asked again")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Everybody has a name")).to_be_visible()

    seen(anybody, HOPPER, 9)
    wait_for(lambda: nobody_waits(page), 30, "the dismissal of the next picture")
    page.get_by_role("link", name="Dismissed").click()
    page.get_by_role("button", name="Ask again").first.press("Enter")
    page.goto("/unknown")
    expect(page.locator(".group")).to_have_count(1)
    page.get_by_role("button", name="Not a face").press("Enter")
    expect(page.get_by_text("This is no face.")).to_be_visible()


def nobody_waits(page: Page) -> bool:
    page.reload()
    return page.get_by_text("Everybody has a name").is_visible()
