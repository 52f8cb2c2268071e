"""Takes the README's pictures of the pages: `python -m tests.browser.screenshots FOLDER`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import CHROMIUM
from tests.browser.people import three_faces
from tests.browser.visitor import Visitor
from tests.system.pictures import film_of_two, people
from tests.system.running import RunningSystem

BURST = 120


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        system = RunningSystem(
            Path(scratch) / "var", SCALER_MIN=1, SCALER_MAX=4, SAME_PERSON_TWICE=1
        )
        try:
            system.start()
            options = ["--no-sandbox"]
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
            for scheme in ("light", "dark"):
                context = browser.new_context(
                    base_url=system.url, color_scheme=scheme,  # type: ignore[arg-type]
                    viewport={"width": 1000, "height": 900}, device_scale_factor=1,
                )  # fmt: skip
                _take(context.new_page(), system, Path(scratch), folder, scheme)
            browser.close()
        finally:
            system.stop()


def _take(page: Page, system: RunningSystem, scratch: Path, folder: Path, scheme: str) -> None:
    visitor = Visitor(page, system)
    if scheme == "light":
        system.post_all(people(BURST), concurrency=40)
    visitor.send(three_faces(scratch / "three_people.jpg"))
    page.screenshot(path=folder / f"recognise-{scheme}.png")
    for name in ("people", "fleet"):
        page.goto(f"/{name}", wait_until="networkidle")
        page.screenshot(path=folder / f"{name}-{scheme}.png")
    page.goto(visitor.film(film_of_two(), "two_people.mp4"), wait_until="networkidle")
    page.screenshot(path=folder / f"video-{scheme}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
