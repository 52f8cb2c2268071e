"""Failed installations, told in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from localcloud.installing.problems import PROBLEMS, in_words


@pytest.mark.parametrize(("signs", "meaning"), PROBLEMS)
def test_each_known_problem_is_told_in_words(signs: tuple[str, ...], meaning: str) -> None:
    for sign in signs:
        log = f"Collecting django\nERROR: something [{sign}] happened\nTraceback\n"
        assert in_words(log, Path("install.log")).startswith(meaning)


def test_an_unknown_problem_is_told_by_the_log_s_last_line() -> None:
    assert in_words("a\nERROR: odd\n\n", Path("i.log")) == "ERROR: odd. The log: i.log"
