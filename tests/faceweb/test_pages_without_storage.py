"""Pages while S3 is away: a sentence and 503, and no traceback in the log."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from django.test import Client

from faceweb.pages import people

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


@pytest.mark.parametrize("path", ["/people/1", "/people/1/picture"])
def test_storage_that_is_away_is_said(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> Any:
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1:9")

    monkeypatch.setattr(people, "subjects", away)

    answer = Client().get(path)

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "Storage does not answer" in answer.content.decode()
