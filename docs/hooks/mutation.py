"""The page of changes that tests noticed or not, from the results that `make mutation` wrote."""

from __future__ import annotations

from docs.hooks.tables import table
from tests.mutation.reasons import reason_of
from tests.mutation.results import WANTED_PERCENT, Outcome, read_results

HEAD = f"""# Changes that tests notice

`make mutation` changes a module that decides, one small change at a time, and runs its own unit
tests. It draws 60 changes of each by a seed. At least {WANTED_PERCENT} % should be noticed.

`.venv/bin/python -m tests.mutation sizing` tries all changes of one module. An endless loop counts
as noticed; tests that are only slow do not.
"""


def page() -> str:
    """Return the page: a table of all modules, then what nobody noticed, with the reason."""
    outcomes = read_results()
    rows = [
        (f"`{one.module}`", str(one.changes), str(one.tried), f"{one.percent:.0f} %")
        for one in outcomes
    ]
    parts = [HEAD, table(("module", "changes", "tried", "noticed"), rows)]
    parts += [_unnoticed(one) for one in outcomes if one.unnoticed]
    return "\n".join(parts)


def _unnoticed(outcome: Outcome) -> str:
    """Return a section: each change that no test of the module noticed."""
    rows = [
        (f"`{one.function}`", f"`{one.old}`", f"`{one.new}`", reason_of(one))
        for one in outcome.unnoticed
    ]
    head = ("function", "line", "changed to", "why no test notices")
    return f"## {outcome.module}\n\n{table(head, rows)}"
