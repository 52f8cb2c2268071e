"""What a system answers, and what another server might."""

from __future__ import annotations

import pytest

from faces.errors import Problem
from faces.system import Answer


def answered(text: str) -> Answer:
    return Answer(status=200, text=text)


def test_what_the_system_tells_is_read() -> None:
    assert answered('{"parts": {"database": "ok"}}').value == {"parts": {"database": "ok"}}


@pytest.mark.parametrize("text", ["<html>", "[1, 2]", "7", "null", ""])
def test_what_is_no_object_is_not_from_this_system(text: str) -> None:
    with pytest.raises(Problem, match="not from this system"):
        _ = answered(text).value


def test_what_another_server_leaves_out_is_named() -> None:
    found = answered('{"fleet": {"queues": 1}}').value

    with pytest.raises(Problem, match="not from this system: it has no 'states'"):
        _ = found["fleet"]["states"]
