"""A film is watched, gone through by its lanes, and put right, in both themes at both widths."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.visitor import Visitor
from tests.system.pictures import COLLINS, HOPPER, film_of_two


def moment(page: Page) -> float:
    """Where the film is, in seconds."""
    return float(page.evaluate("document.getElementById('film').currentTime"))


def test_a_lane_and_a_time_lead_into_the_film_and_boxes_follow(anybody: Visitor) -> None:
    anybody.knows(COLLINS, HOPPER)
    page = anybody.page
    page.goto(anybody.film(film_of_two(), "both.mp4"))
    expect(page.locator("#film")).to_have_js_property("error", None)
    page.wait_for_function("document.getElementById('film').readyState > 0")
    expect(page.get_by_text("This browser can't play")).to_be_hidden()
    lanes = page.locator(".lane")
    expect(lanes).to_have_count(2)

    line = lanes.first.locator(".timeline")
    box = line.bounding_box()
    assert box
    line.click(position={"x": box["width"] * 0.9, "y": box["height"] / 2})
    assert moment(page) > 3.0
    expect(page.locator("#boxes .at.now text")).to_have_text(HOPPER)

    page.get_by_role("button", name=f"Show {COLLINS} at").press("Enter")
    assert moment(page) < 1.0
    expect(page.locator("#boxes .at.now text")).to_have_text(COLLINS)


def test_a_stranger_is_named_under_the_film_and_a_wrong_name_put_right_in_a_frame(
    anybody: Visitor,
) -> None:
    anybody.knows(HOPPER)
    page = anybody.page
    page.goto(anybody.film(film_of_two(), "strangers.mp4"))
    stranger = page.locator(".lane").filter(has_text="Stranger 1")

    stranger.get_by_label("Who is this?").fill("Eileen V.")
    stranger.get_by_label("Who is this?").press("Enter")

    expect(anybody.note.first).to_contain_text("Eileen V. is known now")
    expect(page.locator(".lane").filter(has_text="Eileen V.")).to_have_count(1)
    assert "Eileen V." in anybody.people()

    page.locator(".open").last.click()
    over = page.locator("#over")
    expect(over.locator(".answer")).to_have_text(HOPPER)
    over.get_by_text("Not right?").click()
    over.get_by_role("button", name="Nobody known").click()
    expect(over.locator(".answer")).to_have_text("unknown")
    over.get_by_role("button", name="Close").click()
    expect(page.locator(".lane").filter(has_text=HOPPER)).to_have_count(0)
