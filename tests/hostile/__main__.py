"""`python -m tests.hostile`: every hostile case, what it was answered, and what it cost.

It runs the tests of this folder, and prints a row for each. Arguments go to pytest (`-k video`).
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.hostile.cost import NOTES

FOLDER = Path(__file__).parent
ANSWER_LETTERS = 60


class Cases:
    """A pytest plugin that notes each test's answers, cost and outcome."""

    def __init__(self) -> None:
        self.rows: dict[str, list[str]] = {}
        self.broken = 0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        NOTES.clear()
        began = processor_seconds(item)
        try:
            return (yield)
        finally:
            milliseconds = 1000 * (processor_seconds(item) - began)
            answers = [in_one_line(note.answer) for note in NOTES if note.answer]
            costs = dict.fromkeys(note.cost for note in NOTES if note.cost)
            self.rows[item.nodeid] = [
                answers[-1][:ANSWER_LETTERS] if answers else "",
                ", ".join([f"{milliseconds:.0f} ms", *costs]),
            ]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.nodeid in self.rows and (report.when == "call" or report.failed):
            self.rows[report.nodeid][2:] = ["held" if report.passed else report.outcome]
            self.broken += report.failed


def in_one_line(answer: str) -> str:
    """Without the markup of a page and of a problem."""
    status, _, text = answer.partition(" ")
    if found := re.search(r"<title>(.*?)</title>|\"detail\": \"(.*?)\"", text, re.DOTALL):
        text = found[1] or found[2]
    return " ".join(f"{status} {text}".split())


def case_of(test: str) -> str:
    """`tests/hostile/web/test_sizes.py::test_a_form[x]` -> `sizes: a form [x]`."""
    file, _, name = test.partition("::test_")
    said, bracket, case = name.partition("[")
    return f"{Path(file).stem.removeprefix('test_')}: {said.replace('_', ' ')} {bracket}{case}"


def processor_seconds(item: Any) -> float:
    """Of this process, and of the servers that the case is sent to."""
    site = getattr(item, "funcargs", {}).get("site")
    servers = [psutil.Process(one.child.pid) for one in (site.open, site.strict)] if site else []
    of_servers = sum(sum(server.cpu_times()[:2]) for server in servers)
    return float(of_servers) if servers else time.process_time()


def main(arguments: list[str]) -> int:
    cases = Cases()
    pytest.main(["-q", "--tb=short", str(FOLDER), *arguments], [cases])
    table = Table("case", "answer", "cost", "outcome", title=f"{len(cases.rows)} hostile cases")
    for name, row in cases.rows.items():
        table.add_row(escape(case_of(name)), *map(escape, row))
    Console(width=200).print(table)
    return 1 if cases.broken or not cases.rows else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
