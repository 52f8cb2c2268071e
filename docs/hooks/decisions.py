"""The index of decisions, from the head of each decision's file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from docs.hooks.tables import table

FOLDER = Path(__file__).resolve().parents[1] / "decisions"
HEAD = """# Decisions

Each page tells one choice: what the situation was, what was decided, and what it costs. A decision
is not edited when another replaces it. Its status then names the newer one.

Numbers are given out in blocks, so that people can write side by side. A number that was not used
is never given again. Unused so far: {unused}.

A new decision starts as a copy of `docs/decisions/template.md`.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The head of one decision."""

    file: str
    number: int
    title: str
    date: str
    status: str
    supersedes: str


def page() -> str:
    """Return the index, newest first, with the numbers that were never used."""
    found = list(decisions())
    rows = [
        (
            f"{one.number:04}",
            f"[{one.title}]({one.file})",
            _unbroken(one.date),
            one.status,
            one.supersedes,
        )
        for one in sorted(found, key=lambda one: -one.number)
    ]
    head = HEAD.format(unused=unused([one.number for one in found]))
    return head + "\n" + table(("number", "decision", "date", "status", "supersedes"), rows)


def _unbroken(date: str) -> str:
    """Return the date with hyphens at which no line is broken."""
    return date.replace("-", "\N{NON-BREAKING HYPHEN}")


def decisions() -> Iterator[Decision]:
    """Yield the decisions in the order of their numbers. Raises ValueError for a wrong head."""
    for path in sorted(FOLDER.glob("[0-9]*.md")):
        yield read(path)


def read(path: Path) -> Decision:
    """Read one decision's head: a block of YAML, then the title. Raises ValueError."""
    parts = path.read_text(encoding="utf-8").split("---\n", 2)
    if len(parts) != 3 or parts[0]:
        raise ValueError(f"{path.name} must begin with the head that template.md has.")
    head = yaml.safe_load(parts[1])
    title = parts[2].lstrip().splitlines()[0].removeprefix("# ")
    number = int(path.name[:4])
    if set(head) != {"status", "date", "supersedes"} or not title.startswith(f"{number:04}: "):
        raise ValueError(f"{path.name} has another head or title than template.md.")
    return Decision(
        file=path.name,
        number=number,
        title=title.partition(": ")[2],
        date=str(head["date"]),
        status=str(head["status"]),
        supersedes=str(head["supersedes"]),
    )


def unused(numbers: list[int]) -> str:
    """Return the gaps between numbers in words: `14 to 16, 18`."""
    missing = sorted(set(range(1, max(numbers))) - set(numbers))
    runs: list[list[int]] = []
    for number in missing:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}" if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)
