"""The admin's first page: our tables first, by the pages' names, with figures that lead on."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from faceweb.models import JobState, Subject
from tests.support.factories import make_job

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def test_the_first_page_begins_with_figures_and_our_tables(admin_client: Client) -> None:
    make_job(state=JobState.QUEUED)
    Subject.objects.create(person_id="1", name="Ann", name_key="ann", examples=1)

    page = admin_client.get("/admin/").content.decode()

    figures = re.findall(r"<span>([^<]+)</span> <strong>([^<]+)</strong>", page)
    assert dict(figures)["People"] == dict(figures)["Pictures waiting"] == "1"
    apps = re.findall(r'class="section"[^>]*>\s*([^<]+?)\s*</a>', page)
    assert apps[:2] == ["Pictures, people and keys", "Fleet"]
    assert page.index(">People</a>") < page.index(">Jobs</a>") < page.index(">Leases</a>")


def test_figures_are_of_what_a_user_may_see(client: Client) -> None:
    user = User.objects.create_user("ann", password="x", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_video"))
    client.force_login(user)

    page = client.get("/admin/").content.decode()

    assert re.findall(r"<span>([^<]+)</span> <strong>", page) == ["Videos"]


def test_each_figure_leads_to_its_list(admin_client: Client) -> None:
    page = admin_client.get("/admin/").content.decode()

    links = re.findall(r'<li[^>]*><a href="([^"]+)"><span>', page)
    assert len(links) == 6
    for link in links:
        assert admin_client.get(link).status_code == 200


def test_the_admin_has_our_look_within_the_policy(admin_client: Client) -> None:
    answer = admin_client.get("/admin/faceweb/job/")

    page = answer.content.decode()
    assert "faceweb/admin.css" in page and "Elastic Faces" in page
    assert "unsafe-inline" not in answer["Content-Security-Policy"]
    assert "style=" not in page
