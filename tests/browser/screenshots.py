"""Takes the README's pictures of the pages, and writes what their first views weigh:
`python -m tests.browser.screenshots FOLDER`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import CHROMIUM
from tests.browser.people import EINSTEIN, einstein, three_people
from tests.browser.visitor import Visitor
from tests.browser.weights import weighed, write
from tests.system.pictures import encoded, film_of_two, people
from tests.system.running import RunningSystem

BURST = 240
FIRST_VIEWS = (
    "/",
    "/compare",
    "/videos",
    "/people",
    "/people/add",
    "/unknown",
    "/history",
    "/fleet",
)
SETTINGS = {"SCALER_MAX": 4, "TARGET_LATENCY_SECONDS": 20, "SAME_PERSON_TWICE": 1}
VIEW = {"width": 1200, "height": 900}
HIGH = {"width": 1200, "height": 1260}


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        system = RunningSystem(Path(scratch) / "var", **SETTINGS)
        try:
            system.start()
            enrol_einstein(system)
            system.post_all(people(BURST), concurrency=BURST)
            options = ["--no-sandbox"]
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
            _take(browser, system, Path(scratch), folder)
            write(
                [weighed(browser, system.url, one) for one in FIRST_VIEWS], folder / "weights.csv"
            )
            browser.close()
        finally:
            system.stop()


def enrol_einstein(system: RunningSystem) -> None:
    files = {"picture": ("einstein.jpg", encoded(einstein()))}
    added = httpx.post(
        f"{system.url}api/v1/subjects", data={"name": EINSTEIN}, files=files, timeout=120
    )
    added.raise_for_status()


def _take(browser: Browser, system: RunningSystem, scratch: Path, folder: Path) -> None:
    """The burst first: it is over soon."""
    dark = browser.new_page(base_url=system.url, color_scheme="dark")
    _shot(dark, "/fleet", folder / "fleet-dark.png", HIGH)
    page = browser.new_page(base_url=system.url)
    visitor = Visitor(page, system)
    page.set_viewport_size(VIEW)  # type: ignore[arg-type]
    visitor.send(three_people(scratch / "three_people.jpg"))
    page.wait_for_selector(".picture .faces > li img", timeout=120_000)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=folder / "recognise-light.png")
    _shot(page, "/people", folder / "people-light.png", VIEW)
    film = visitor.film(film_of_two(), "two_people.mp4")
    _shot(page, film, folder / "video-light.png", VIEW)


def _shot(page: Page, path: str, file: Path, size: dict[str, int]) -> None:
    """A page's picture. The fleet's page listens on, so no idle network is awaited."""
    page.set_viewport_size(size)  # type: ignore[arg-type]
    page.goto(path, wait_until="load")
    page.wait_for_timeout(2_500)
    page.screenshot(path=file)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
