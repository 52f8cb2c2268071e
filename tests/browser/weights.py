"""What the first view of a page weighs, as the browser counts it: bytes, requests, scripts.

`tests.browser.screenshots` writes the figures beside its pictures.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser

MOST_BYTES = 150 * 1024
FETCHED = """() => [...performance.getEntriesByType("navigation"),
                    ...performance.getEntriesByType("resource")]
    .map(({ name, transferSize }) => [name, transferSize])"""
OF_PEOPLE = ("/thumbnail", "/picture", "/face/", "/frames/", "/film")


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """One page: bytes and requests without people's pictures, and what its scripts take of the
    processor, in milliseconds: what else the machine does hardly changes that."""

    page: str
    bytes: int
    requests: int
    script_ms: float


def weighed(browser: Browser, url: str, page_path: str) -> Weight:
    """Open a page in a browser that has never been here, and count."""
    context = browser.new_context(base_url=url)
    page = context.new_page()
    measuring = context.new_cdp_session(page)
    measuring.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(page_path, wait_until="load")
    page.wait_for_timeout(1_000)  # what scripts do after that is not the first view's
    found = [(urlsplit(name).path, size) for name, size in page.evaluate(FETCHED)]
    ours = [size for path, size in found if not any(part in path for part in OF_PEOPLE)]
    metrics = {
        one["name"]: one["value"] for one in measuring.send("Performance.getMetrics")["metrics"]
    }
    context.close()
    return Weight(
        page=page_path, bytes=sum(ours), requests=len(ours),
        script_ms=round(1000 * metrics["ScriptDuration"], 1),
    )  # fmt: skip


def write(weights: Iterable[Weight], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, Weight.__slots__)
        writer.writeheader()
        writer.writerows(asdict(one) for one in weights)
