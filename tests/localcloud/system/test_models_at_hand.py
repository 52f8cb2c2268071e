"""What the first start says of the model, from what the export wrote in its log."""

from __future__ import annotations

from pathlib import Path

import pytest

from localcloud.system.models_at_hand import meanings_of, refusal_of
from recognition.native import building, widths
from tests.support.factories import make_settings

UNFETCHED = (
    "recognition.export: net.onnx can't be fetched (github.com: [Errno -3] Temporary failure in "
    "name resolution): put it into /w"
)
NO_COMPILER = (
    "without an engine the nets run on ONNX Runtime, because no C compiler is installed (cc, gcc, "
    "clang) to make the engine with"
)


def meanings(said: list[str], tmp_path: Path, model: str | None = None) -> str:
    return " ".join(meanings_of(said, make_settings(var_dir=tmp_path), model))


def test_a_start_without_a_network_says_what_to_do(tmp_path: Path) -> None:
    said = refusal_of(["fetching", UNFETCHED], make_settings(var_dir=tmp_path), Path("a.log"))

    assert said.startswith("The model's file net.onnx can't be fetched: is there a network")
    assert str(tmp_path / "weights") in said and "Errno" not in said


def test_another_refusal_is_the_exports_own_words(tmp_path: Path) -> None:
    said = ["recognition.export: x.onnx is damaged: delete it"]

    assert refusal_of(said, make_settings(var_dir=tmp_path), Path("a.log")) == (
        "The model can't be prepared: x.onnx is damaged: delete it"
    )


def test_the_best_model_needs_no_words(tmp_path: Path) -> None:
    assert meanings(["model sface"], tmp_path) == ""
    assert "names come from dlib" in meanings(["model dlib"], tmp_path)
    assert meanings(["model dlib"], tmp_path, model="dlib") == ""


@pytest.mark.parametrize(
    ("flags", "told"), [(sorted(building.WIDTHS[1].needed), True), (["sse2"], False)]
)
def test_a_missing_compiler_is_told_where_it_costs_speed(
    flags: list[str], told: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    processor = tmp_path / "cpuinfo"
    processor.write_text(f"flags\t: {' '.join(flags)}\n")
    monkeypatch.setenv(building.PROCESSOR, str(processor))
    monkeypatch.setattr(widths.platform, "machine", lambda: "x86_64")

    assert ("install gcc" in meanings(["model sface", NO_COMPILER], tmp_path)) is told
