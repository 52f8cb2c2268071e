"""Files from elsewhere are read, never run: a pickle that would write a file writes none."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from recognition.errors import GalleryCorrupt, WeightsCorrupt
from recognition.gallery.seed_gallery import import_seed_gallery
from recognition.registry.models import MODELS, model_named
from recognition.weights.finding import find_files
from tests.support.memory_files import MemoryFiles


class Hostile:
    """What a pickle makes of it is a call."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> object:
        return Path.touch, (self._path,)


@pytest.fixture
def hostile(tmp_path: Path) -> tuple[Path, Path]:
    """A file that would, when it is unpickled, make the other."""
    trace = tmp_path / "was-run"
    path = tmp_path / "data.pt"
    path.write_bytes(pickle.dumps(Hostile(trace)))
    pickle.loads(path.read_bytes())  # noqa: S301 - our own
    assert trace.exists(), "it is not hostile at all"
    trace.unlink()
    return path, trace


def test_a_seed_gallery_is_not_run(hostile: tuple[Path, Path]) -> None:
    path, trace = hostile

    with pytest.raises(GalleryCorrupt):
        import_seed_gallery(path, MemoryFiles())

    assert not trace.exists()


def test_weights_of_another_hash_are_not_even_opened(hostile: tuple[Path, Path]) -> None:
    path, trace = hostile
    there = path.with_name(MODELS["vggface2"].files[0].filename)
    path.rename(there)

    with pytest.raises(WeightsCorrupt, match="SHA-256"):
        find_files(model_named("vggface2").files, there.parent, print)

    assert not trace.exists()
