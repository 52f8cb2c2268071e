"""People are added by pictures and folders; a person's page shows everything of them."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.visitor import Visitor
from tests.system.pictures import COLLINS, HOPPER, faceless, film_of_two, variant


def pictures(folder: Path, person: str, count: int, start: int) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{person.split(maxsplit=1)[0]} {number}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_bytes(variant(person, start + 9 * number))
    return paths


def test_five_pictures_of_a_new_person_in_three_clicks(everybody: Visitor, tmp_path: Path) -> None:
    everybody.knows(HOPPER)
    page = everybody.page
    page.goto("/people")
    page.get_by_role("link", name="Add person").click()
    page.get_by_label("Name", exact=True).fill("Eileen N.")
    refused = tmp_path / "nobody.png"
    refused.write_bytes(faceless())
    with page.expect_file_chooser() as choosing:
        page.get_by_text("Choose pictures").click()
    choosing.value.set_files([*pictures(tmp_path, COLLINS, 5, 3), refused])
    expect(page.locator("#total")).to_have_text("6 pictures of 1 person")

    page.get_by_role("button", name="Add 6 pictures").click()

    expect(page.locator("#status")).to_have_text("5 of 6 pictures were added.")
    assert everybody.clicks == 3
    expect(page.locator("#rows .added")).to_have_count(5)
    expect(page.locator("#rows .refused")).to_contain_text("nobody.png")
    expect(page.locator("#rows .refused")).to_contain_text("No face was found")
    page.set_input_files("#pictures", tmp_path / "Eileen 0.jpg")
    page.get_by_role("button", name="Add 1 picture").click()
    expect(page.locator("#status")).to_have_text("0 of 1 pictures were added. 1 was there already.")
    page.locator("#rows .added a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Eileen N.")


def test_a_folder_for_each_person_is_a_plan_first(anybody: Visitor, tmp_path: Path) -> None:
    anybody.knows()
    for name, person in (("Ann", COLLINS), ("Bea", HOPPER)):
        pictures(tmp_path / "all" / name, person, 2, 40)
    page = anybody.page
    page.goto("/people/add")
    page.set_input_files("#folder", tmp_path / "all")
    names = page.locator("#plan tbody input")
    expect(names).to_have_count(2)
    page.get_by_label("Name for Bea").fill("Beatrice")
    anybody.audit()

    page.get_by_role("button", name="Add 4 pictures").click()

    expect(page.locator("#status")).to_have_text("4 of 4 pictures were added.")
    assert sorted(anybody.people()) == ["Ann", "Beatrice"]


def test_pictures_are_dropped_on_the_page(anybody: Visitor, tmp_path: Path) -> None:
    anybody.knows()
    page = anybody.page
    page.goto("/people/add")
    page.get_by_label("Name", exact=True).fill("Dora D.")

    anybody.drop("#adding", *pictures(tmp_path, COLLINS, 2, 70))

    expect(page.locator("#total")).to_have_text("2 pictures of 1 person")
    page.get_by_role("button", name="Add 2 pictures").click()
    expect(page.locator("#status")).to_have_text("2 of 2 pictures were added.")
    assert list(anybody.people()) == ["Dora D."]


def test_a_persons_page_has_pictures_and_video_moments_and_follows_a_new_name(
    everybody: Visitor,
) -> None:
    everybody.knows(COLLINS, HOPPER)
    everybody.film(film_of_two(), "both.mp4")
    files = {"picture": ("one.jpg", variant(COLLINS, 81))}
    everybody.api.post("/recognise", files=files).raise_for_status()
    page = everybody.page
    page.goto("/people")

    page.get_by_role("link", name=COLLINS).click()

    cards = page.locator("h2:text('Pictures and videos') + ul .card")
    expect(cards.filter(has_text="one.jpg").first).to_contain_text(COLLINS)
    expect(cards.filter(has_text="both.mp4 at 0:0").first).to_be_visible()
    assert everybody.clicks == 1
    page.get_by_label("Name").fill("Colonel C.")
    page.get_by_role("button", name="Rename").click()
    expect(cards.filter(has_text="one.jpg").first).to_contain_text("Colonel C.")
    page.goto("/history?result=colonel+c.")
    expect(page.locator(".card").filter(has_text="one.jpg").first).to_contain_text("Colonel C.")


def test_a_merge_says_what_it_does_and_is_undone(anybody: Visitor) -> None:
    anybody.knows(COLLINS, HOPPER)
    page = anybody.page
    page.goto(f"/people/{anybody.people()[HOPPER]}")
    page.get_by_text("is the same person as somebody else").click()
    expect(page.get_by_text("It can be undone for a day.").first).to_be_visible()
    page.get_by_label("The same as").fill(COLLINS)

    page.get_by_role("button", name="Merge").click()

    expect(anybody.note).to_contain_text(f"{HOPPER} is merged into {COLLINS}.")
    assert list(anybody.people()) == [COLLINS]
    page.get_by_role("button", name="Undo").click()
    expect(anybody.note).to_contain_text("Undone.")
    assert sorted(anybody.people()) == [COLLINS, HOPPER]


def test_a_removed_example_is_undone(visitor: Visitor) -> None:
    visitor.knows()
    visitor.knows(HOPPER)
    page = visitor.page
    page.goto(f"/people/{visitor.people()[HOPPER]}")

    page.get_by_role("button", name="Remove").click()
    expect(visitor.note).to_contain_text("Example removed.")
    assert not visitor.people()
    page.get_by_role("button", name="Undo").click()

    expect(visitor.note).to_contain_text("Undone.")
    assert list(visitor.people()) == [HOPPER]
