"""Fifty pictures are sent, left alone, found again and exported."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.visitor import Visitor
from tests.system.pictures import COLLINS, HOPPER, people


def test_fifty_pictures_are_sent_and_exported_in_four_clicks(
    everybody: Visitor, tmp_path: Path
) -> None:
    everybody.knows(COLLINS, HOPPER)
    files = [tmp_path / name for name in people(50)]
    for path, content in zip(files, people(50).values(), strict=True):
        path.write_bytes(content)
    bad = tmp_path / "words.jpg"
    bad.write_text("only words")
    page = everybody.page
    page.goto("/")
    with page.expect_file_chooser() as choosing:
        page.get_by_text("Choose pictures").click()

    choosing.value.set_files([*files, bad])

    page.wait_for_url(re.compile("/batches/"))
    url = page.url
    page.goto("/")
    page.get_by_role("link", name=re.compile("^51 pictures")).first.click()
    assert page.url == url, "the page was left and found again"
    expect(page.get_by_role("status").first).to_contain_text(
        "51 of 51 are answered, 1 without a result"
    )
    expect(page.locator(".line").first).to_contain_text(re.compile(f"{HOPPER}|{COLLINS}"))
    page.get_by_label("As a grid").check()
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Export CSV").click()
    assert everybody.clicks == 4, "one of them finds the page again, one shows the grid"
    lines = list(csv.DictReader(downloading.value.path().open(encoding="utf-8")))
    assert len(lines) == 51
    assert {line["name"] for line in lines} == {COLLINS, HOPPER, ""}
