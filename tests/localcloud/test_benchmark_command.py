"""`manage.py benchmark`: which part is run how."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from benchmarks import video_benchmark
from benchmarks.console import exit_status
from benchmarks.management.commands import benchmark
from benchmarks.video_benchmark import FunctionFailed, figures_of
from localcloud.lambda_host.functions import LambdaFunction


@pytest.mark.parametrize(
    ("arguments", "module"),
    [
        (["recogniser", "--rounds", "1", "--json"], "benchmarks.recogniser"),
        (["gallery", "--help"], "benchmarks.recogniser.gallery"),
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


@pytest.mark.parametrize(
    ("function", "reason"), [("raises", "no bread here"), ("echo", "did nothing")]
)
def test_a_function_without_a_result_gives_no_figures(
    function: str, reason: str, tmp_path: Path
) -> None:
    odd = LambdaFunction(
        name=function,
        handler=f"tests.localcloud.lambda_host.odd_functions.{function}",
        bucket="b",
        event_queue="q",
    )

    with pytest.raises(FunctionFailed, match=reason):
        figures_of(odd, '{"what": "bread"}', dict(os.environ), tmp_path, 1)


@pytest.mark.parametrize("wrong", ["0", "-3", "many", "1.5"])
def test_a_benchmark_without_rounds_is_refused(
    wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        video_benchmark.main(["--rounds", wrong])

    assert ended.value.code == 2
    assert "is not a whole number from 1" in capsys.readouterr().err


@pytest.mark.parametrize("error", [FunctionFailed("no bread"), OSError("no bread")])
def test_what_ends_a_benchmark_is_one_line(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails() -> None:
        raise error

    assert exit_status("video", fails, FunctionFailed) == 1
    assert capsys.readouterr().err == "benchmark video: no bread\n"
