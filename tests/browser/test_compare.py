"""Two pictures are compared with two drops, in both themes, on a desk and on a phone."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.people import three_faces
from tests.browser.visitor import Visitor
from tests.system.pictures import COLLINS, HOPPER, faceless, variant


def portrait_file(folder: Path, person: str, number: int) -> Path:
    path = folder / f"{person.split(maxsplit=1)[0]}.jpg"
    path.write_bytes(variant(person, number))
    return path


def test_two_pictures_are_compared_with_two_drops(everybody: Visitor, tmp_path: Path) -> None:
    everybody.knows(COLLINS, HOPPER)
    page = everybody.page
    page.goto("/compare")

    everybody.drop("#side-one", portrait_file(tmp_path, COLLINS, 5))
    everybody.drop("#side-other", three_faces(tmp_path / "three.jpg"))

    verdict = page.locator(".verdict")
    expect(verdict).to_contain_text("The same person")
    expect(verdict).to_contain_text("face 1 of the second")
    assert everybody.clicks == 0, "two drops are enough"
    line, bar = verdict.locator(".scale line"), verdict.locator(".scale .whole")
    middle, whole = line.bounding_box(), bar.bounding_box()
    assert middle and whole
    assert abs(middle["x"] - whole["x"] - whole["width"] / 2) < 2, "the threshold is drawn"

    page.locator("#side-other").get_by_label("Face 2").check()
    expect(verdict).to_contain_text("Different people")
    page.reload()
    expect(verdict).to_contain_text("face 2 of the second")


def test_a_face_says_who_is_like_it(anybody: Visitor, tmp_path: Path) -> None:
    anybody.knows(COLLINS, HOPPER)
    page = anybody.page
    page.goto("/compare")

    anybody.drop("#side-one", portrait_file(tmp_path, HOPPER, 6))

    likely = page.locator("#side-one .likely li")
    expect(likely).to_have_count(2)
    expect(likely.first).to_contain_text(HOPPER)
    expect(likely.last).to_contain_text(COLLINS)
    likely.first.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(HOPPER)


def test_a_picture_of_the_history_is_compared_by_keyboard(visitor: Visitor, tmp_path: Path) -> None:
    visitor.knows(COLLINS, HOPPER)
    files = {"picture": ("kept.jpg", variant(HOPPER, 7))}
    job = visitor.api.post("/recognise", files=files).raise_for_status().json()
    page = visitor.page
    page.goto(job["url"])
    page.get_by_role("button", name="Compare with another picture").press("Enter")
    page.wait_for_url("**/compare**", wait_until="load")
    page.locator("#file-other").focus()
    page.set_input_files("#file-other", portrait_file(tmp_path, COLLINS, 8))

    expect(page.locator(".verdict")).to_contain_text("Different people")
    empty = tmp_path / "nobody.png"
    empty.write_bytes(faceless())
    page.set_input_files("#file-other", empty)
    expect(page.locator("#result")).to_contain_text("Second picture: no face was found")
