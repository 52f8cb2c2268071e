"""`manage.py benchmark`: which part is run how."""

from __future__ import annotations

import sys

import pytest

from localcloud.management.commands import benchmark


@pytest.mark.parametrize(
    ("arguments", "module"),
    [
        (["recogniser", "--rounds", "1", "--json"], "recognition.benchmark"),
        (["gallery", "--help"], "recognition.benchmark.gallery"),
    ],
)
def test_the_recognisers_parts_run_apart_with_all_their_arguments(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], module: str
) -> None:
    ran: list[list[str]] = []

    class Ended:
        returncode = 3

    monkeypatch.setattr(
        benchmark.subprocess, "run", lambda command, **_: ran.append(command) or Ended()
    )

    with pytest.raises(SystemExit) as ended:
        benchmark.Command().run_from_argv(["manage.py", "benchmark", *arguments])

    assert ran == [[sys.executable, "-m", module, *arguments[1:]]]
    assert ended.value.code == 3
