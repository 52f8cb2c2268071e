"""The engine is made where it can be; elsewhere it is said why not, and ONNX Runtime is used."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from recognition.errors import EngineUnavailable
from recognition.native import building, compiling, widths
from recognition.native.building import PROCESSOR, WIDTHS
from recognition.native.compiling import library_in, load_engine
from recognition.native.widths import widths_here, widths_of_machine
from recognition.registry import exported
from recognition.registry.exported import folder_of, read_manifest, write_manifest
from recognition.registry.loading import load_recognizer
from tests.recognition.engines import engine_or_skip


def silent(_: str) -> None:
    pass


WIDE, NARROW = (" ".join(sorted(width.needed)) for width in WIDTHS[:2])


def playing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flags: str) -> None:
    """Play an x86-64 processor with these abilities."""
    monkeypatch.setattr(widths.platform, "machine", lambda: "x86_64")
    (tmp_path / "cpuinfo").write_text(f"model name : a\nflags\t\t: {flags}\n")
    monkeypatch.setenv(PROCESSOR, str(tmp_path / "cpuinfo"))


@pytest.mark.parametrize(
    ("flags", "expected"),
    [(f"fpu {NARROW} {WIDE}", ["avx512", "avx2"]), (f"fpu {NARROW} avx512f", ["avx2"])],
)
def test_the_processor_is_asked(
    flags: str, expected: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    playing(monkeypatch, tmp_path, flags)

    assert [width.name for width in widths_here()] == expected


@pytest.mark.parametrize("flags", ["avx512f avx2", ""])
def test_an_old_processor_has_no_kernels(
    flags: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    playing(monkeypatch, tmp_path, flags)

    with pytest.raises(EngineUnavailable, match="neither AVX2 nor AVX-512"):
        widths_here()


def test_every_64_bit_arm_has_its_kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(widths.platform, "machine", lambda: "aarch64")
    monkeypatch.setenv(PROCESSOR, str(tmp_path / "absent"))

    assert [width.name for width in widths_here()] == ["neon"]


def test_on_another_processor_the_nets_run_on_onnx_runtime(
    weights_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    playing(monkeypatch, tmp_path, "sse2")

    assert load_recognizer("dlib", weights_dir, announce=said.append).model == "dlib"
    assert said == [
        "the nets run on ONNX Runtime, because this processor has neither AVX2 nor AVX-512"
    ]
    with pytest.raises(EngineUnavailable, match="neither AVX2 nor AVX-512"):
        load_recognizer("dlib", weights_dir, runtime="native")


def test_without_a_compiler_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    playing(monkeypatch, tmp_path, NARROW)
    monkeypatch.setattr(building.shutil, "which", lambda _: None)

    with pytest.raises(EngineUnavailable, match="no C compiler is installed"):
        load_engine(tmp_path, silent)


def test_what_the_compiler_complains_of_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine_or_skip(tmp_path)
    (tmp_path / "engine.c").write_text("no C")
    monkeypatch.setattr(building, "SOURCES", tmp_path)

    with pytest.raises(EngineUnavailable, match=r"can't compile the engine \(.*engine.c:1"):
        load_engine(tmp_path, silent)


def test_a_library_that_is_none_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    playing(monkeypatch, tmp_path, NARROW)
    library = library_in(tmp_path, widths_here()[0])
    library.parent.mkdir(parents=True)
    library.write_bytes(b"no library")

    with pytest.raises(EngineUnavailable, match=r"engine-.*so can't be loaded .*: delete it"):
        load_engine(tmp_path, silent)


def test_a_library_that_others_may_write_is_not_run(tmp_path: Path) -> None:
    engine_or_skip(tmp_path)
    library_in(tmp_path, widths_here()[0]).chmod(0o777)

    with pytest.raises(EngineUnavailable, match="others may write"):
        load_engine(tmp_path, silent)


def test_a_folder_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    playing(monkeypatch, tmp_path, NARROW)
    (tmp_path / "onnx").write_text("a file where the folder would be")

    with pytest.raises(EngineUnavailable, match="the engine can't be made in"):
        load_engine(tmp_path, silent)


def test_another_architecture_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(widths.platform, "machine", lambda: "riscv64")

    with pytest.raises(EngineUnavailable, match="this machine is riscv64"):
        widths_of_machine()


def test_without_its_own_nets_the_engine_is_left_alone(
    weights_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that an older version exported, on a machine without torch."""
    engine_or_skip(tmp_path)
    (tmp_path / "onnx").mkdir(exist_ok=True)
    kept = {net: each for net, each in read_manifest(folder_of(weights_dir)).items()
            if not net.startswith("native-")}  # fmt: skip
    for each in kept.values():
        shutil.copy(folder_of(weights_dir) / each.file, folder_of(tmp_path))
    write_manifest(folder_of(tmp_path), kept)
    monkeypatch.setattr(exported, "find_spec", lambda _: None)
    said: list[str] = []

    assert load_recognizer("dlib", tmp_path, announce=said.append).model == "dlib"
    assert said[-1].startswith("the nets run on ONNX Runtime, because the nets native-mtcnn-p")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of the library, built by its own PEP 517 build and unpacked."""
    if shutil.which("cc") is None:
        pytest.skip("cc, which compiles the engine, is not installed")
    copy, out = tmp_path_factory.mktemp("native") / "native", tmp_path_factory.mktemp("wheel")
    shutil.copytree(building.SOURCES, copy)
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "-q", "-w", str(out), str(copy)]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = out.glob("face_engine-*-py3-none-*.whl")
    with zipfile.ZipFile(built) as opened:
        opened.extractall(out)
    return out


@pytest.mark.system
def test_a_wheel_has_the_kernels_and_none_of_the_recogniser(wheel: Path) -> None:
    names = {file.name for file in (wheel / "face_engine").iterdir()}

    assert {building.library_name(width) for width in widths_of_machine()} <= names
    assert {name for name in names if name.endswith(".py")} == {
        "__init__.py", "__main__.py", "building.py",
    }  # fmt: skip


@pytest.mark.system
def test_an_installed_wheel_is_taken_and_nothing_compiled(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiling, "package_folder", lambda name: wheel / name)
    monkeypatch.setattr(building.shutil, "which", lambda _: None)

    made = compiling.make_library(widths_here()[0], tmp_path, silent)

    assert made.parent == wheel / "face_engine"


@pytest.mark.system
def test_the_package_checks_its_kernels(wheel: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "face_engine"], cwd=wheel, capture_output=True, text=True, check=True
    )

    assert len(ended.stdout.splitlines()) == len(widths_here())
    assert "WRONG" not in ended.stdout and " right" in ended.stdout
