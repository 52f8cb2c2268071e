"""Lists of parameters stay lists: a pass over many sentences once joined their lines."""

import ast
from collections.abc import Iterator
from pathlib import Path

from foundation.config import PROJECT_DIRECTORY

FOLDERS = (
    "faces", "clients", "benchmarks", "localcloud", "deploy", "faceweb", "scaler", "workers",
    "foundation", "recognition",
)  # fmt: skip
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
HEAD = "Parameters:"


def docstrings() -> Iterator[tuple[Path, str]]:
    for folder in FOLDERS:
        for file in (PROJECT_DIRECTORY / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, DOCUMENTED) and (text := ast.get_docstring(node)):
                    yield file, text


def test_a_list_of_parameters_has_a_line_for_each() -> None:
    heads = [
        (str(file.relative_to(PROJECT_DIRECTORY)), line)
        for file, text in docstrings()
        for line in text.splitlines()
        if line.startswith(HEAD)
    ]

    assert heads
    assert [one for one in heads if one[1] != HEAD] == []
