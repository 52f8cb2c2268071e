"""Lists as clients of Amazon Rekognition read them, page by page."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory

from faceweb.access.callers import LOCAL
from faceweb.models import Collection, Subject
from faceweb.people import expected_people
from faceweb.rekognition.call import Call
from faceweb.rekognition.operations.people import list_users
from tests.support.factories import make_settings

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def test_every_user_is_on_one_page_in_whatever_order_the_database_has() -> None:
    """PostgreSQL sorts by the rules of a language, which Python does not."""
    Collection.objects.get_or_create(pk="default", defaults={"name": "default"})
    enrolled, expected = ["apple", "Zoë", "éclair"], ["Banana", "zebra", "Zoë"]
    for name in enrolled:
        Subject.objects.create(pk=name, name=name, name_key=name.casefold(), examples=1)
    for name in expected:
        expected_people.expect(name)
    found: list[tuple[str, str]] = []
    members: dict[str, Any] = {"CollectionId": "default", "MaxResults": 1}
    while True:
        call = Call(
            request=RequestFactory().post("/"), caller=LOCAL, members=members,
            settings=make_settings(),
        )  # fmt: skip
        page: Any = list_users(call)
        found += [(one["UserId"], one["UserStatus"]) for one in page["Users"]]
        if page["NextToken"] is None:
            break
        members["NextToken"] = page["NextToken"]

    active = [(name, "ACTIVE") for name in enrolled]
    assert sorted(found) == sorted([*active, ("Banana", "CREATED"), ("zebra", "CREATED")])
