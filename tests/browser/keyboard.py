"""A visitor without a mouse. A busy Chromium drops keys, so a key is pressed again where the page
shows that it was not taken."""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.sync_api import FileChooser, Page

TRIES = 10
TAKEN_SECONDS = 3.0
"""How long a page has to show what a key did, before the key counts as dropped."""
TABS = 40
FOCUSED = "document.activeElement"
COUNT_SUBMITS = "submits = 0; addEventListener('submit', () => { submits += 1 }, true)"


class Keyboard:
    """The keyboard of one page."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def press(self, key: str, was_taken: Callable[[], bool]) -> None:
        """Press a key until the page shows that it was taken."""
        for _ in range(TRIES):
            self._page.keyboard.press(key)
            if self._came_true(was_taken):
                return
        raise AssertionError(f"{self._page.url} does not take the key {key}")

    def _came_true(self, condition: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + TAKEN_SECONDS
        while not condition():
            if time.monotonic() > deadline:
                return False
            self._page.wait_for_timeout(50)
        return True

    def tab_to(self, selector: str) -> None:
        """Press Tab until an element that the selector finds has the focus."""
        for _ in range(TABS):
            before = self._page.evaluate_handle(FOCUSED)
            moved = f"before => {FOCUSED} !== before"
            self.press("Tab", lambda b=before, m=moved: self._page.evaluate(m, b))
            if self._page.evaluate(f"selector => {FOCUSED}.matches(selector)", selector):
                return
        raise AssertionError(f"no Tab leads to {selector}")

    def type(self, text: str) -> None:
        """Type into the field that has the focus, in place of what is in it."""
        for _ in range(TRIES):
            self._page.keyboard.press("Control+A")
            self._page.keyboard.type(text)
            if self._came_true(lambda: self._page.evaluate(f"{FOCUSED}.value") == text):
                return
        raise AssertionError(f"{self._page.url} does not take {text}")

    def submit(self) -> None:
        """Send the form of the field that has the focus."""
        self._page.evaluate(COUNT_SUBMITS)
        self.press("Enter", lambda: bool(self._page.evaluate("submits")))

    def choose(self) -> FileChooser:
        """Open the file chooser of the field that has the focus."""
        opened: list[FileChooser] = []

        def note(chooser: FileChooser) -> None:
            opened.append(chooser)

        self._page.on("filechooser", note)
        self.press("Enter", lambda: bool(opened))
        return opened[0]
