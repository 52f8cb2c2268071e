"""The pages as a visitor sees and uses them."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.browser.keyboard import Keyboard
from tests.browser.people import three_faces
from tests.browser.visitor import Visitor, overhang
from tests.browser.weights import MOST_BYTES, weighed
from tests.system.pictures import COLLINS, HOPPER, encoded, film_of_two, portrait, variant
from tests.system.running import RunningSystem

PASTE = """(encoded) => {
    const bytes = Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], "a.jpg", { type: "image/jpeg" }));
    const options = { bubbles: true, cancelable: true, clipboardData: transfer };
    document.dispatchEvent(new ClipboardEvent("paste", options));
}"""
PAGES = (
    "/",
    "/compare",
    "/videos",
    "/history?of=videos",
    "/people",
    "/unknown",
    "/history",
    "/fleet",
    "/teams",
)


def picture(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_three_faces_are_boxed_and_named_where_they_are_as_the_answer_arrives(
    visitor: Visitor, tmp_path: Path
) -> None:
    visitor.knows(COLLINS, HOPPER)

    visitor.send(three_faces(tmp_path / "three.jpg"))

    expect(visitor.answer).to_have_text(f"{HOPPER} and {COLLINS}")
    expect(visitor.page.locator(".stage g.known")).to_have_count(3)
    assert visitor.page.locator(".stage text").all_text_contents() == [
        f"1 {COLLINS}", f"2 {HOPPER}", f"3 {HOPPER}",
    ]  # fmt: skip
    for face in visitor.faces.all():
        expect(face).to_contain_text(re.compile(r"\d+ % similar"))
    shown = visitor.page.locator(".stage img")
    shown.evaluate("image => image.decode()")
    image = shown.bounding_box()
    assert image
    for rect in visitor.page.locator(".stage rect").all():
        box = rect.bounding_box()
        assert box
        assert image["x"] < box["x"] < box["x"] + box["width"] < image["x"] + image["width"]
        assert image["y"] < box["y"] < box["y"] + box["height"] < image["y"] + image["height"]


def test_an_unknown_face_is_named_and_known_next_time(visitor: Visitor, tmp_path: Path) -> None:
    visitor.knows(HOPPER)
    visitor.send(picture(tmp_path, "first.jpg", variant(COLLINS, 1)))
    expect(visitor.page.locator("g.stranger")).to_have_count(1)

    visitor.faces.first.get_by_label("Who is this?").fill("Eileen C.")
    visitor.page.get_by_role("button", name="Save name").click()

    expect(visitor.note).to_contain_text("Eileen C. is known now")
    expect(visitor.answer).to_have_text("Eileen C.")

    def recognised() -> bool:
        visitor.send(picture(tmp_path, "second.jpg", variant(COLLINS, 2)))
        return "Eileen C." in (visitor.answer.text_content() or "")

    assert any(recognised() for _ in range(5))


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_a_picture_is_dropped_or_pasted(visitor: Visitor, tmp_path: Path, way: str) -> None:
    visitor.knows(COLLINS, HOPPER)
    visitor.page.goto("/")
    path = picture(tmp_path, "a.jpg", encoded(portrait(HOPPER)))

    if way == "drop":
        visitor.drop("#recognise", path)
    else:
        visitor.page.evaluate(PASTE, base64.b64encode(path.read_bytes()).decode())

    visitor.wait_for_answer()
    expect(visitor.answer).to_have_text(HOPPER)


def test_a_file_that_is_no_picture_gets_a_sentence(visitor: Visitor, tmp_path: Path) -> None:
    visitor.page.goto("/")
    status = "Failed to load resource: the server responded with a status of 415"
    visitor.page.expected_problems = [f"{status} (Unsupported Media Type)"]  # type: ignore[attr-defined]

    visitor.page.set_input_files("#inputFile", picture(tmp_path, "a.jpg", b"<html>no</html>"))

    visitor.wait_for_answer()
    expect(visitor.page.get_by_role("alert")).to_contain_text("not a picture")


def test_everything_works_by_keyboard(visitor: Visitor, tmp_path: Path) -> None:
    visitor.knows(HOPPER)
    keyboard = Keyboard(visitor.page)
    visitor.page.goto("/")
    keyboard.tab_to("#inputFile")
    choosing = keyboard.choose()
    choosing.set_files(picture(tmp_path, "k.jpg", variant(COLLINS, 21)))
    visitor.wait_for_answer()

    keyboard.tab_to("[name^='name-']")
    keyboard.type("Eileen K.")
    keyboard.submit()

    expect(visitor.note).to_contain_text("Eileen K. is known now")


def test_people_are_renamed_and_erased_after_a_second_look(visitor: Visitor) -> None:
    visitor.knows(COLLINS, HOPPER)
    page = visitor.page
    page.goto("/people")
    expect(page.locator(".card img")).to_have_count(2)
    page.get_by_role("link", name=COLLINS).click()

    page.get_by_label("Name").fill("Colonel Collins")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Colonel Collins")

    erase = page.get_by_role("button", name="Erase everywhere")
    expect(erase).to_be_hidden()
    page.get_by_text("Erase Colonel Collins").click()
    erase.click()

    expect(page.get_by_role("status")).to_contain_text("Colonel Collins was erased")
    assert list(visitor.people()) == [HOPPER]


def test_history_is_filtered_and_says_when_nothing_matches(
    visitor: Visitor, tmp_path: Path
) -> None:
    visitor.knows(COLLINS, HOPPER)
    visitor.send(picture(tmp_path, "a-name-of-its-own.jpg", variant(HOPPER, 31)))
    page = visitor.page
    page.goto("/history")

    page.get_by_label("File name").fill("a-name-of")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".card")).to_have_count(1)
    expect(page.locator(".card")).to_contain_text(HOPPER)
    assert page.locator(".card img").evaluate(
        "image => image.decode().then(() => image.naturalWidth)"
    )

    page.get_by_label("File name").fill("nothing like it")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("No picture matches")).to_be_visible()


def test_the_fleet_page_moves(visitor: Visitor) -> None:
    visitor.knows(HOPPER)
    page = visitor.page
    page.goto("/fleet")
    expect(page.locator(".chart .u-over")).to_have_count(5)
    expect(page.locator("#state")).to_have_text("Live")
    answers = page.locator("#answers")
    before = answers.text_content() or ""

    visitor.api.post("/recognise", files={"picture": ("a.jpg", variant(HOPPER, 41))})

    expect(answers).not_to_have_text(before)
    newest = page.locator("[data-chart=waiting] .u-value").last
    expect(newest).to_have_text(re.compile(r"\d+"))
    expect(page.locator(".changes")).to_contain_text(re.compile("enough|minimum|launch"))
    expect(page.locator(".figures").get_by_text("1 ready")).to_be_visible()
    page.get_by_role("button", name="24 h").click()
    expect(page.get_by_role("button", name="24 h")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("svg.lives rect").first).to_be_attached()


def test_a_burst_is_sent_from_the_fleet_page(visitor: Visitor) -> None:
    page = visitor.page
    page.goto("/fleet")

    page.get_by_role("button", name="Send a burst").click()

    expect(visitor.note).to_contain_text("100 pictures were sent")
    expect(page.locator("#answers")).to_have_text(re.compile(r"\d{3} pictures"))


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 375)])
def test_pages_follow_the_colour_scheme_and_are_accessible_and_not_too_wide(
    browser: Browser,
    system: RunningSystem,
    visitor: Visitor,
    tmp_path: Path,
    scheme: str,
    width: int,
) -> None:
    visitor.knows(HOPPER)
    visitor.send(picture(tmp_path, "axe.jpg", variant(COLLINS, 51)))
    job = visitor.api.get("/jobs", params={"limit": 1}).json()["jobs"][0]
    person = f"/people/{visitor.people()[HOPPER]}"
    video = visitor.film(film_of_two(), "a-film-with-quite-a-long-name.mp4")
    context = browser.new_context(
        base_url=system.url, color_scheme=scheme, bypass_csp=True,  # type: ignore[arg-type]
        viewport={"width": width, "height": 740},
    )  # fmt: skip
    page = context.new_page()
    found = {}
    others = ("/people/add", "/nothing-here", "/admin/login/")
    for path in (*PAGES, job["url"], person, video, *others):
        opened = page.goto(path)
        assert opened and (opened.status == 200) != (path == "/nothing-here"), path
        assert overhang(page) <= 0, path
        brightness = page.evaluate(
            "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3)"
            ".reduce((sum, part) => sum + Number(part), 0)"
        )
        assert (brightness > 384) == (scheme == "light"), f"{path}: {brightness}"
        results = Axe().run(page).response["violations"]
        found[path] = [(one["id"], one["nodes"][0]["html"][:120]) for one in results]
    context.close()
    print(f"axe, {scheme}:", {path: len(results) for path, results in found.items()})
    assert not any(found.values()), found


ADMINISTRATOR = (
    "from django.contrib.auth.models import User; "
    "User.objects.filter(username='eve').exists() or "
    "User.objects.create_superuser('eve', password='a-long-enough-secret')"
)
LISTS = ("", "faceweb/job/", "faceweb/subject/", "faceweb/job/retention/", "faceweb/apikey/add/",
         "faceweb/collection/add/", "faceweb/video/", "scaler/look/")  # fmt: skip


def test_the_administration_is_accessible(anybody: Visitor) -> None:
    anybody.knows(HOPPER)
    anybody.api.post("/recognise", files={"picture": ("a.jpg", variant(HOPPER, 45))})
    anybody.system.manage("shell", "-v0", "-c", ADMINISTRATOR)
    page = anybody.page
    page.goto("/admin/login/?next=/admin/")
    page.get_by_label("Username").fill("eve")
    page.get_by_label("Password").fill("a-long-enough-secret")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    for path in LISTS:
        page.goto(f"/admin/{path}")
        anybody.audit()


def test_a_phone_that_can_not_drop_files_is_not_asked_to(
    browser: Browser, system: RunningSystem
) -> None:
    context = browser.new_context(base_url=system.url, is_mobile=True, has_touch=True)
    page = context.new_page()
    for path, choose in (("/", "Choose pictures"), ("/compare", "Choose the first picture")):
        page.goto(path)
        expect(page.get_by_text(choose)).to_be_visible()
        for dropping in page.get_by_text("Drop ").all():
            expect(dropping).to_be_hidden()
    context.close()


def test_empty_pages_say_what_to_do_next(visitor: Visitor) -> None:
    visitor.knows()
    visitor.page.goto("/people")

    expect(visitor.page.get_by_text("Nobody is enrolled")).to_be_visible()
    visitor.page.get_by_role("link", name="Send a picture").click()
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Who is in the picture?")


def test_a_video_is_sent_followed_and_shows_people_with_times(
    visitor: Visitor, tmp_path: Path
) -> None:
    visitor.knows(COLLINS, HOPPER)
    film = picture(tmp_path, "film.mp4", film_of_two())
    page = visitor.page
    page.goto("/videos")
    page.get_by_label("Frames, at most").fill("6")

    page.set_input_files("#inputFile", film)

    page.wait_for_url(re.compile(r"/videos/[0-9a-f-]{36}$"))
    expect(page.locator(".answer")).to_have_text(f"{COLLINS} and {HOPPER}")
    people = page.locator(".lane")
    expect(people).to_have_count(2)
    expect(people.first.locator("rect.seen")).to_have_count(1)
    expect(page.locator("section[aria-labelledby=frames] li")).to_have_count(6)
    for image in page.locator("main img").all():
        image.scroll_into_view_if_needed()
        expect(image).to_have_js_property("complete", True)
        assert image.evaluate("image => image.naturalWidth") > 0
    page.get_by_role("button", name="Delete this video").click()
    expect(page.get_by_role("status").first).to_contain_text("film.mp4 was deleted")


def test_what_is_no_video_is_said_and_the_page_stays(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.page
    page.goto("/videos")
    refusal = "Failed to load resource: the server responded with a status of 415 "
    page.expected_problems = [f"{refusal}(Unsupported Media Type)"]  # type: ignore[attr-defined]

    page.set_input_files("#inputFile", picture(tmp_path, "words.mp4", b"only words"))

    expect(page.locator("#status")).to_contain_text("not a video")
    expect(page.locator("#sent")).to_be_hidden()


def test_a_photo_is_seen_before_it_is_taken(visitor: Visitor) -> None:
    page = visitor.page
    page.goto("/")
    page.get_by_role("button", name="Take a photo").click()
    finder = page.get_by_role("dialog", name="Take a photo")
    expect(finder.locator("video")).to_have_js_property("paused", False)

    finder.get_by_role("button", name="Take", exact=True).click()

    visitor.wait_for_answer()
    expect(visitor.answer).to_have_text("no face")
    expect(finder).to_be_hidden()


def test_a_picture_that_waits_says_for_what_and_is_cancelled(
    visitor: Visitor, system: RunningSystem
) -> None:
    """Its job waits for ever: no worker knows of it."""
    page = visitor.page
    waiting = system.manage("shell", "-v0", "-c", WAITING_JOB).stdout.strip()
    page.goto(f"/jobs/{waiting}")
    expect(page.get_by_role("status").first).to_contain_text("Your picture is in the queue")

    page.get_by_role("button", name="Cancel").click()

    expect(visitor.answer).to_have_text("cancelled")


WAITING_JOB = """
from django.utils import timezone
from faceweb.models import Job
now = timezone.now()
sent = {"created_at": now, "queued_at": now, "sent_at": now, "sends": 1}
keys = {"filename": "a.jpg", "input_key": "a.jpg", "output_key": "a", "sha256": "0" * 64}
print(Job.objects.create(state="queued", picture_deleted=True, **keys, **sent).pk)
"""


def test_a_first_view_is_light(browser: Browser, system: RunningSystem, visitor: Visitor) -> None:
    """What the browser fetches beside people's pictures: page, styles, scripts, icons."""
    visitor.knows(HOPPER)
    job = visitor.api.post("/recognise", files={"picture": ("a.jpg", variant(HOPPER, 43))}).json()
    person = f"/people/{visitor.people()[HOPPER]}"
    film = visitor.film(film_of_two(), "film.mp4")
    for path in (*PAGES, "/people/add", job["url"], person, film):
        weight = weighed(browser, system.url, path)
        assert 0 < weight.bytes <= MOST_BYTES and weight.requests <= 20, weight


def test_the_theme_that_is_chosen_stays(visitor: Visitor) -> None:
    page = visitor.page
    page.goto("/")
    page.locator(".menu summary").click()
    page.get_by_role("radio", name="Dark").check()

    page.goto("/people")

    dark = "rgb(18, 21, 26)"
    expect(page.locator("body")).to_have_css("background-color", dark)
    page.goto("/admin/login/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
