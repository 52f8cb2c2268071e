"""A real browser beside a running system: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.visitor import ANSWER_MILLISECONDS, Visitor, opened
from tests.system.running import RunningSystem

CHROMIUM = shutil.which("chromium")
CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
"""A camera that shows a test picture, and a visitor who allows it."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.system)


@pytest.fixture(scope="package")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """One for all modules, each of whose tests says whom the gallery knows."""
    with running_for_visitors(tmp_path_factory) as running:
        yield running


@contextmanager
def running_for_visitors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """With an instance from the start, and workers that look at the gallery for every picture:
    nobody here waits for a boot, or sees two processes that know different people. The sample of
    three faces shows one person twice."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed: sh tests/install_chromium.sh")
    settings = {"SCALER_MIN": 1, "GALLERY_CHECK_SECONDS": 0, "SAME_PERSON_TWICE": 1}
    running = RunningSystem(tmp_path_factory.mktemp("browser") / "var", **settings)
    try:
        yield running.start()
    finally:
        running.stop()


@pytest.fixture(scope="module")
def browser(system: RunningSystem) -> Iterator[Browser]:
    """Ended with the module: while it lives, its event loop runs in this thread."""
    expect.set_options(timeout=ANSWER_MILLISECONDS)
    with sync_playwright() as playwright:
        options = ["--no-sandbox", *CAMERA]  # tests run as root in containers
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, system: RunningSystem) -> Iterator[Page]:
    """A page with its policy in force."""
    with opened(browser, system, "light", 1100, bypass_csp=False) as page:
        yield page


@pytest.fixture
def visitor(page: Page, system: RunningSystem) -> Visitor:
    return Visitor(page, system)


LOOKS = [("light", 1440), ("dark", 390), ("light", 390), ("dark", 1440)]


def named(look: tuple[str, int]) -> str:
    return f"{look[0]}-{look[1]}"


@pytest.fixture(params=LOOKS[:2], ids=named)
def anybody(
    request: pytest.FixtureRequest, browser: Browser, system: RunningSystem
) -> Iterator[Visitor]:
    """A visitor in each theme, at a width of each kind. Where they end, nothing is too wide, and
    axe finds nothing."""
    with audited(browser, system, *request.param) as visitor:
        yield visitor


@pytest.fixture(params=LOOKS, ids=named)
def everybody(
    request: pytest.FixtureRequest, browser: Browser, system: RunningSystem
) -> Iterator[Visitor]:
    """The same in each theme at each width, for what most visitors come for."""
    with audited(browser, system, *request.param) as visitor:
        yield visitor


@contextmanager
def audited(browser: Browser, system: RunningSystem, scheme: str, width: int) -> Iterator[Visitor]:
    with opened(browser, system, scheme, width) as page:
        visitor = Visitor(page, system)
        yield visitor
        visitor.audit()
