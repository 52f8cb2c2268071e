"""What a visitor does on the pages, in words."""

from __future__ import annotations

from pathlib import Path

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.system.pictures import COLLINS, HOPPER, encoded, portrait
from tests.system.running import RunningSystem, wait_for

ANSWER_MILLISECONDS = 30_000


class Visitor:
    """Somebody with a browser, and the API to put the gallery into a state."""

    def __init__(self, page: Page, system: RunningSystem) -> None:
        self.page = page
        self.api = httpx.Client(base_url=f"{system.url}api/v1", timeout=60)

    def send(self, picture: Path) -> None:
        """Choose a picture on the first page, and wait for its answer."""
        self.page.goto("/")
        self.page.set_input_files("#inputFile", picture)
        self.wait_for_answer()

    def wait_for_answer(self) -> None:
        expect(self.progress).not_to_have_text("", timeout=ANSWER_MILLISECONDS)
        expect(self.progress).not_to_contain_text("Looking", timeout=ANSWER_MILLISECONDS)

    @property
    def progress(self) -> Locator:
        return self.page.locator("#progress")

    @property
    def faces(self) -> Locator:
        return self.page.locator("#faces li")

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
