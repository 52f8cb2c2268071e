"""Logs name nobody: no line that is written about pictures, videos or people says who they are."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
ROOMS = ("faceweb", "workers", "recognition", "scaler", "localcloud", "deploy")
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
NAMING = {"answer", "result", "identity", "person", "people", "name", "named", "label", "caption"}
"""What the values of a log line could say a person's name by."""

ALLOWED = {
    ("faceweb/replies/leases.py", "name"),  # of the lease
    ("faceweb/people/erasure/running.py", "person"),  # the id
    ("workers/galleries.py", "people"),  # how many
}


def log_calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text())):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in LEVELS
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id in ("log", "logger")
        ):
            yield node


def attributes_in(node: ast.AST) -> set[str]:
    return {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)}


@pytest.mark.parametrize("room", ROOMS)
def test_no_log_line_says_who_somebody_is(room: str) -> None:
    said = set()
    for path in (PROJECT / room).rglob("*.py"):
        place = str(path.relative_to(PROJECT))
        for call in log_calls(path):
            for value in call.keywords:
                words = attributes_in(value.value) & {"answer", "result", "identity", "person"}
                said |= {(place, word) for word in {value.arg, *words} if word in NAMING}

    assert said - ALLOWED == set()


def test_a_line_that_would_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("log.info('done', answer=reply.answer)\nlog.info('done', x=face.identity)\n")

    found = [[one.arg for one in call.keywords] for call in log_calls(file)]

    assert found == [["answer"], ["x"]]
    assert attributes_in(list(log_calls(file))[1]) >= {"identity"}
