"""`python -m recognition models`: the table, what is at hand, and fetching."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recognition.__main__ import main
from recognition.registry.models import MODELS


def listed(capsys: pytest.CaptureFixture[str], folder: Path) -> dict[str, dict[str, object]]:
    assert main(["models", "--weights", str(folder), "--json"]) == 0
    return {row["name"]: row for row in json.loads(capsys.readouterr().out)}


def test_the_table_says_what_is_here_and_what_may_be_sold(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "nobody")
    (tmp_path / MODELS["casia-webface"].files[0].filename).touch()

    assert main(["models", "--weights", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()

    cells = {line.split()[0]: line.split() for line in lines[1 : 1 + len(MODELS)]}
    assert list(cells) == list(MODELS)
    assert cells["sface"][1:6] == ["--fetch", "128", "11", "MB", "yes"]
    assert cells["casia-webface"][1:5] == ["yes", "512", "-", "no"]


def test_an_exported_net_is_at_hand_without_its_weights(
    weights_dir: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rows = listed(capsys, weights_dir)

    assert rows["casia-webface"]["here"] == "yes"
    assert rows["sface"]["here"] in ("--fetch", "exported")
    assert rows["sface"]["commercial"] is True and rows["sface"]["dimension"] == 128


def test_wrong_names_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--fetch", "x", "--weights", str(tmp_path)]) == 1
    assert main(["--model", "x", "--weights", str(tmp_path), "picture.jpg"]) == 1
    (tmp_path / "team.toml").write_text("file = ")
    assert main(["models", "--weights", str(tmp_path)]) == 1

    first, second, third = capsys.readouterr().err.splitlines()
    assert first == second and first.startswith("recognition: 'x' is no model; known are sface")
    assert third.startswith(f"recognition: {tmp_path / 'team.toml'} can't be read")
