"""What a visitor does on the pages, in words."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from tests.system.pictures import COLLINS, HOPPER, encoded, portrait
from tests.system.running import RunningSystem, wait_for

ANSWER_MILLISECONDS = 120_000
"""A busy machine may take as long for anything that a page does."""
COUNT_CLICKS = """addEventListener("pointerdown", () => {
    sessionStorage.clicks = 1 + Number(sessionStorage.clicks || 0);
}, true)"""
DROP = """(element, files) => {
    const transfer = new DataTransfer();
    for (const [name, encoded] of files) {
        const bytes = Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0));
        transfer.items.add(new File([bytes], name, { type: "image/jpeg" }));
    }
    const options = { bubbles: true, cancelable: true, dataTransfer: transfer };
    element.dispatchEvent(new DragEvent("drop", options));
}"""


@contextmanager
def opened(
    browser: Browser, system: RunningSystem, scheme: Any, width: int, *, bypass_csp: bool = True
) -> Iterator[Page]:
    """A page on which nothing may go wrong: no error in the console, no violated policy.

    The policy is lifted for what tests themselves put into a page: axe.
    """
    viewport: Any = {"width": width, "height": 900}
    context = browser.new_context(
        base_url=system.url, color_scheme=scheme, viewport=viewport, bypass_csp=bypass_csp
    )
    context.set_default_timeout(ANSWER_MILLISECONDS)
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda one: problems.append(one.text) if one.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    context.close()
    assert problems == getattr(page, "expected_problems", [])


def overhang(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


class Visitor:
    """Somebody with a browser, and the API to put the gallery into a state."""

    def __init__(self, page: Page, system: RunningSystem) -> None:
        self.page = page
        self.system = system
        page.add_init_script(COUNT_CLICKS)
        self.api = httpx.Client(base_url=f"{system.url}api/v1", timeout=120)

    def send(self, picture: Path) -> None:
        """Choose a picture on the first page, and wait for its answer."""
        self.page.goto("/")
        self.page.set_input_files("#inputFile", picture)
        self.wait_for_answer()

    def drop(self, where: str, *pictures: Path) -> None:
        """Drop files on the element that a selector finds, as from another window."""
        files = [[one.name, base64.b64encode(one.read_bytes()).decode()] for one in pictures]
        self.page.locator(where).evaluate(DROP, files)

    def wait_for_answer(self) -> None:
        told = self.page.locator("#answer .answer, #notes .error")
        expect(told.first).to_be_visible()

    @property
    def clicks(self) -> int:
        """How often something was clicked so far, on all pages of this visit."""
        return int(self.page.evaluate("Number(sessionStorage.clicks || 0)"))

    @property
    def answer(self) -> Locator:
        """Who is in the picture, in words."""
        return self.page.locator(".picture .answer")

    @property
    def faces(self) -> Locator:
        return self.page.locator(".picture .faces li")

    @property
    def note(self) -> Locator:
        """What was said about the last change."""
        return self.page.locator(".note")

    def audit(self) -> None:
        """Nothing is too wide, and axe finds nothing. The page's policy has to be lifted."""
        assert overhang(self.page) <= 0
        found = Axe().run(self.page).response["violations"]
        problems = [(one["id"], one["nodes"][0]["html"][:120]) for one in found]
        assert not problems, f"{self.page.url}: {problems}"

    def people(self) -> dict[str, str]:
        subjects = self.api.get("/subjects").json()["subjects"]
        return {subject["name"]: subject["id"] for subject in subjects}

    def film(self, content: bytes, name: str) -> str:
        """Have a video worked on. Returns the address of its page."""
        sent = self.api.post("/videos", files={"video": (name, content)}, data={"frames": "4"})
        video = sent.raise_for_status().json()
        wait_for(lambda: self._ended(video["id"]), 60, "the video's result")
        return str(video["url"])

    def _ended(self, video_id: str) -> bool:
        state = self.api.get(f"/videos/{video_id}").json()["state"]
        return state in ("succeeded", "failed")

    def knows(self, *names: str) -> None:
        """Have exactly these people in the gallery, and the workers use it."""
        for name, subject_id in self.people().items():
            if name not in names:
                self.api.delete(f"/subjects/{subject_id}").raise_for_status()
        for name in set(names) - set(self.people()):
            files = {"picture": ("a.jpg", encoded(portrait(name)))}
            self.api.post("/subjects", data={"name": name}, files=files).raise_for_status()
        for name in (COLLINS, HOPPER):
            expected = name if name in names else "unknown"
            wait_for(lambda n=name, e=expected: self._says(n) == e, 30, f"{name} as {expected}")

    def _says(self, name: str) -> str | None:
        files = {"picture": ("probe.jpg", encoded(portrait(name)))}
        job = self.api.post("/recognise", files=files).raise_for_status().json()
        self.api.delete(f"/jobs/{job['id']}")
        return str(job["result"])
