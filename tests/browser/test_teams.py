"""A team is made and given a collection, which goes again, and a key."""

from __future__ import annotations

import re
import secrets

from playwright.sync_api import expect

from tests.browser.visitor import Visitor, overhang


def test_a_team_is_made_with_a_collection_and_a_key(anybody: Visitor) -> None:
    page, name = anybody.page, f"doors-{secrets.token_hex(3)}"
    page.goto("/")
    page.locator(".menu summary").click()
    page.get_by_role("link", name="Teams").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Make team").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)

    page.get_by_label("New collection").fill("staff")
    page.get_by_role("button", name="Make collection").click()
    expect(page.get_by_text("The collection staff is there.")).to_be_visible()
    page.get_by_label("Name").fill("robot")
    page.get_by_role("button", name="Make key").click()

    expect(page.get_by_role("status").locator("code")).to_have_text(re.compile("efr_.{40}"))
    expect(page.get_by_role("cell").filter(has_text=f"{name}/robot")).to_be_visible()
    assert overhang(page) <= 0

    page.get_by_text("Delete", exact=True).click()
    page.get_by_role("button", name="Delete staff with everything").click()
    expect(page.get_by_text("The collection staff is being deleted.")).to_be_visible()
