"""A wrong name is put right where it is seen, in both themes, on a desk and on a phone."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.browser.people import six_faces
from tests.browser.visitor import Visitor
from tests.system.pictures import COLLINS, HOPPER, variant


def recognised(visitor: Visitor, person: str, number: int) -> None:
    """A picture's page, which names the person."""
    files = {"picture": (f"{person} {number}.jpg", variant(person, number))}
    job = visitor.api.post("/recognise", files=files).raise_for_status().json()
    visitor.page.goto(job["url"])


def correcting(visitor: Visitor) -> Locator:
    """The first face's form; opening it is the first click."""
    visitor.page.get_by_text("Not right?").first.click()
    return visitor.page.locator("details[open]")


def test_somebody_else_in_two_clicks_and_undone(everybody: Visitor) -> None:
    everybody.knows(COLLINS, HOPPER)
    recognised(everybody, HOPPER, 61)
    form = correcting(everybody)
    form.get_by_label("It is").fill("eileen")
    options = everybody.page.locator("#names option")
    expect(options).to_have_count(1)
    expect(options).to_have_attribute("value", COLLINS)
    form.get_by_label("It is").fill(COLLINS)

    form.get_by_role("button", name="Save").click()

    expect(everybody.answer).to_have_text(COLLINS)
    assert everybody.clicks == 2
    expect(everybody.faces.first).to_contain_text("named by a person")
    expect(everybody.faces.first.locator(".who p").first).not_to_contain_text("similar")
    everybody.page.get_by_role("button", name="Undo").click()
    expect(everybody.answer).to_have_text(HOPPER)
    expect(everybody.faces.first).to_contain_text("similar")


def test_a_corrected_face_is_remembered_as_an_example(visitor: Visitor) -> None:
    visitor.knows(COLLINS, HOPPER)
    recognised(visitor, HOPPER, 63)
    form = correcting(visitor)
    form.get_by_label("It is").fill("Grace B.")
    form.get_by_label("Also remember").check()

    form.get_by_role("button", name="Save").click()

    expect(visitor.note.first).to_contain_text("Grace B. is known now (1 example)")
    expect(visitor.answer).to_have_text("Grace B.")
    assert "Grace B." in visitor.people()
    visitor.page.get_by_role("button", name="Undo").click()
    expect(visitor.answer).to_have_text(HOPPER)
    assert "Grace B." not in visitor.people()


def test_after_naming_others_are_offered_one_key_each(anybody: Visitor) -> None:
    anybody.knows(HOPPER)
    for number in (71, 73, 75):
        recognised(anybody, COLLINS, number)
    page = anybody.page
    page.get_by_label("Who is this?").fill("Eileen")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Is this Eileen, too?")).to_be_visible()
    offers = page.locator(".offer")
    count = offers.count()
    assert count >= 2

    page.keyboard.press("y")
    expect(offers.get_by_text("This is Eileen.")).to_have_count(1)
    page.keyboard.press("n")
    expect(offers).to_have_count(count - 1)

    page.goto(f"/people/{anybody.people()['Eileen']}")
    expect(page.get_by_text(re.compile("Eileen Collins 7.")).first).to_be_visible()


def test_faces_of_a_group_are_named_together_by_keyboard_alone(
    everybody: Visitor, tmp_path: Path
) -> None:
    everybody.knows()
    everybody.send(six_faces(tmp_path / "six.jpg"))
    page = everybody.page
    expect(everybody.answer).to_have_text("6 unknown")
    numbers = page.locator(".faces .number")
    assert numbers.all_text_contents() == ["1", "2", "3", "4", "5", "6"]
    boxes = [box for one in page.locator(".stage rect").all() if (box := one.bounding_box())]
    for row in (boxes[:3], boxes[3:]):
        lefts = [box["x"] for box in row]
        assert lefts == sorted(lefts), "they are numbered as people read"
    assert max(box["y"] for box in boxes[:3]) < min(box["y"] for box in boxes[3:])

    page.get_by_label("Who is this?").first.focus()
    expect(page.locator("g.hot")).to_have_count(1)
    names = ("Ann", "Bea", "Cleo", "Dora", "Eve", "Fay")
    for name in names:
        page.keyboard.type(name)
        if name != "Fay":
            page.keyboard.press("Tab")
            page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(everybody.answer).to_contain_text("Fay")
    for name in names:
        expect(everybody.answer).to_contain_text(name)
    assert page.url.endswith("/"), "the page was not left"
    assert everybody.clicks == 0
    page.get_by_label("Hide the boxes").check()
    expect(page.locator(".stage svg")).to_be_hidden()
    shown = page.locator(".stage").bounding_box()
    page.get_by_label("Zoom").check()
    zoomed = page.locator(".stage").bounding_box()
    assert shown and zoomed and zoomed["width"] > 1.5 * shown["width"]
    page.get_by_label("Zoom").uncheck()


def test_a_face_is_corrected_over_the_history(anybody: Visitor) -> None:
    anybody.knows(COLLINS, HOPPER)
    recognised(anybody, HOPPER, 64)
    page = anybody.page
    page.goto("/history")
    page.get_by_role("button", name=f"Faces of {HOPPER} 64.jpg").first.click()

    correcting(anybody).get_by_role("button", name="Nobody known").click()
    expect(anybody.answer).to_have_text("unknown")
    page.get_by_role("button", name="Close").click()

    expect(page.locator(".card").first).to_contain_text("unknown")
