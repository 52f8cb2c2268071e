"""What came of changing modules: the file of results, and the reasons of what nobody noticed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

RESULTS = Path(__file__).with_name("results.json")
WANTED_PERCENT = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Unnoticed:
    """A change that no test noticed: in which function, the lines before and after."""

    function: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one module's changes; `changes` are all that mutmut knows."""

    module: str
    changes: int
    tried: int
    unnoticed: tuple[Unnoticed, ...]

    @property
    def noticed(self) -> int:
        return self.tried - len(self.unnoticed)

    @property
    def percent(self) -> float:
        return 100 * self.noticed / self.tried if self.tried else 0.0


def read_results() -> list[Outcome]:
    """The outcomes that were written last."""
    if not RESULTS.exists():
        return []
    rows = json.loads(RESULTS.read_text())
    return [
        Outcome(**{**row, "unnoticed": tuple(Unnoticed(**one) for one in row["unnoticed"])})
        for row in rows
    ]
