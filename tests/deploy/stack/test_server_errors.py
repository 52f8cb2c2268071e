"""The alarm on 5xx answers counts lines of the journal: those that Django writes of them."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from io import StringIO

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils.log import log_response

from deploy.stack.template import Template
from foundation import logs
from tests.support.factories import make_settings


@pytest.fixture
def journal() -> Iterator[StringIO]:
    """What the web tier writes, as JSON."""
    root, stream = logging.getLogger(), StringIO()
    before, level = root.handlers, root.level
    logs.configure(make_settings(log_format="json"), stream)
    yield stream
    root.handlers = before
    root.setLevel(level)


@pytest.mark.parametrize(("status", "is_counted"), [(500, True), (503, True), (404, False)])
def test_each_5xx_is_counted_and_no_other_answer(
    journal: StringIO, status: int, is_counted: bool
) -> None:
    answer = HttpResponse(status=status)
    log_response("%s", "/x", response=answer, request=RequestFactory().get("/x"))

    line = json.loads(journal.getvalue().splitlines()[-1])
    pattern = Template.ours().document["Resources"]["ServerErrors"]["Properties"]["FilterPattern"]
    wanted = dict(re.findall(r'\$\.(\w+) = "([\w.]+)"', pattern))

    assert wanted.keys() == {"logger", "level"}
    assert (wanted.items() <= line.items()) is is_counted
