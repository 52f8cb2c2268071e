"""The engine is made where it can be; elsewhere it is said why not, and ONNX Runtime is used."""

from __future__ import annotations

from pathlib import Path

import pytest

from recognition.errors import EngineUnavailable
from recognition.loading import load_recognizer
from recognition.native import compiling
from recognition.native.compiling import has_wide_registers, library_in, load_engine
from tests.recognition.engines import engine_or_skip


def silent(_: str) -> None:
    pass


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("fpu avx512f avx512bw avx512cd avx512dq avx512vl", True),
        ("fpu avx2 avx512f", False),
        ("", False),
    ],
)
def test_the_processor_is_asked(
    flags: str, expected: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiling.platform, "machine", lambda: "x86_64")
    (tmp_path / "cpuinfo").write_text(f"model name : a\nflags\t\t: {flags}\n")

    assert has_wide_registers(tmp_path / "cpuinfo") is expected
    assert not has_wide_registers(tmp_path / "absent")


def test_on_another_processor_the_nets_run_on_onnx_runtime(
    weights_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(compiling, "has_wide_registers", lambda _: False)

    assert load_recognizer("dlib", weights_dir, announce=said.append).model == "dlib"
    assert said == ["the nets run on ONNX Runtime, because this processor has no AVX-512"]
    with pytest.raises(EngineUnavailable, match="no AVX-512"):
        load_recognizer("dlib", weights_dir, runtime="native")


def test_without_a_compiler_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "has_wide_registers", lambda _: True)
    monkeypatch.setattr(compiling.shutil, "which", lambda _: None)

    with pytest.raises(EngineUnavailable, match="no C compiler is installed"):
        load_engine(tmp_path, silent)


def test_what_the_compiler_complains_of_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine_or_skip(tmp_path)
    (tmp_path / "engine.c").write_text("no C")
    monkeypatch.setattr(compiling, "SOURCES", tmp_path)

    with pytest.raises(EngineUnavailable, match=r"can't compile the engine \(.*engine.c:1"):
        load_engine(tmp_path, silent)


def test_a_library_that_is_none_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "has_wide_registers", lambda _: True)
    library = library_in(tmp_path)
    library.parent.mkdir(parents=True)
    library.write_bytes(b"no library")

    with pytest.raises(EngineUnavailable, match=r"engine-.*so can't be loaded .*: delete it"):
        load_engine(tmp_path, silent)
