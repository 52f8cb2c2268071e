"""The pack: one matrix on disk that processes share, kept up to date and free of the removed."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import numpy as np
import pytest

from recognition.errors import GalleryError
from recognition.gallery.gallery import FolderFiles
from recognition.gallery.gallery_changes import add_examples, remove_person
from recognition.gallery.pack.gallery_pack import INDEX, GalleryPack
from recognition.gallery.pack.pack_rows import EMBEDDINGS
from tests.recognition.fakes import nearest_name, vector
from tests.support.memory_files import MemoryFiles


@pytest.fixture
def pack(tmp_path: Path) -> GalleryPack:
    return GalleryPack(tmp_path / "pack")


def people(*numbers: int) -> dict[str, list[np.ndarray]]:
    return {f"person {n}": [vector(n), vector(1000 + n)] for n in numbers}


def test_without_a_gallery_there_is_none(pack: GalleryPack) -> None:
    assert pack.gallery(MemoryFiles()) is None


def test_finds_whom_the_gallery_in_memory_finds(pack: GalleryPack) -> None:
    files = MemoryFiles()
    gallery = add_examples(files, "dlib", people(*range(30)))
    packed = pack.gallery(files)

    assert packed is not None and packed.version == gallery.version
    for number in range(30):
        query = vector(number) + np.float32(0.3) * vector(5000 + number)
        assert nearest_name(packed, query) == nearest_name(gallery, query) == f"person {number}"
        mine, theirs = (one.people_near(query, 5) for one in (packed, gallery))
        assert [one.person_id for one in mine] == [one.person_id for one in theirs]
        for ours, other in zip(mine, theirs, strict=True):
            np.testing.assert_array_equal(ours.examples, other.examples)


def test_a_new_person_is_appended(pack: GalleryPack, tmp_path: Path) -> None:
    files = MemoryFiles()
    add_examples(files, "dlib", people(1, 2))
    pack.gallery(files)
    add_examples(files, "dlib", people(3))

    assert nearest_name(pack.gallery(files), vector(3)) == "person 3"
    assert [path.name for path in (tmp_path / "pack").glob("generation-*")] == ["generation-1"]


def test_further_examples_replace_a_person_s_part(pack: GalleryPack) -> None:
    files = MemoryFiles()
    add_examples(files, "dlib", people(*range(10)))
    pack.gallery(files)
    add_examples(files, "dlib", {"person 4": [vector(77)]})
    packed = pack.gallery(files)

    assert nearest_name(packed, vector(77)) == nearest_name(packed, vector(4)) == "person 4"


def test_a_removed_person_is_overwritten_even_for_those_who_still_look(
    pack: GalleryPack, tmp_path: Path
) -> None:
    files = MemoryFiles()
    add_examples(files, "dlib", people(*range(10)))
    old = pack.gallery(files)
    remove_person(files, "person 3")
    new = pack.gallery(files)

    assert nearest_name(old, vector(3)) != "person 3"
    assert nearest_name(new, vector(3)) != "person 3"
    for path in (tmp_path / "pack").rglob("*"):
        if path.is_file():
            assert vector(3).tobytes()[:16] not in path.read_bytes()


def test_many_holes_make_a_new_generation(pack: GalleryPack, tmp_path: Path) -> None:
    files = MemoryFiles()
    add_examples(files, "dlib", people(*range(10)))
    pack.gallery(files)
    for number in range(5):
        remove_person(files, f"person {number}")
    packed = pack.gallery(files)

    assert [path.name for path in (tmp_path / "pack").glob("generation-*")] == ["generation-2"]
    assert nearest_name(packed, vector(8)) == "person 8"


def test_the_last_person_removed_leaves_nobody(pack: GalleryPack) -> None:
    files = MemoryFiles()
    add_examples(files, "dlib", people(1))
    pack.gallery(files)
    remove_person(files, "person 1")
    packed = pack.gallery(files)

    assert packed is not None and packed.people_near(vector(1), 3) == []


def test_a_gallery_that_is_gone_takes_its_pack_along(pack: GalleryPack, tmp_path: Path) -> None:
    files = MemoryFiles()
    add_examples(files, "dlib", people(1))
    pack.gallery(files)
    files.files.clear()

    assert pack.gallery(files) is None
    assert not list((tmp_path / "pack").glob("generation-*"))


def test_a_gallery_of_another_model_is_packed_anew(pack: GalleryPack) -> None:
    files = MemoryFiles()
    add_examples(files, "dlib", people(1))
    pack.gallery(files)
    files.files.clear()
    add_examples(files, "vggface2", {"Ann": [vector(1, 512)]})

    assert nearest_name(pack.gallery(files), vector(1, 512)) == "Ann"


@pytest.mark.parametrize("damage", ["index", "cut", "gone"])
def test_a_damaged_pack_is_packed_anew(pack: GalleryPack, tmp_path: Path, damage: str) -> None:
    files = MemoryFiles()
    add_examples(files, "dlib", people(1, 2))
    pack.gallery(files)
    embeddings = tmp_path / "pack" / "generation-1" / EMBEDDINGS
    if damage == "index":
        (tmp_path / "pack" / INDEX).write_text('{"generation": 1')
    elif damage == "cut":
        embeddings.write_bytes(embeddings.read_bytes()[:100])
    else:
        embeddings.unlink()

    assert nearest_name(pack.gallery(files), vector(2)) == "person 2"


def test_a_folder_that_can_t_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(GalleryError, match=r"can't be kept in .* set VAR_DIR"):
        GalleryPack(tmp_path / "file" / "pack").gallery(MemoryFiles())


def _open_in_child(folder: Path, source: Path, number: int) -> str:
    return nearest_name(GalleryPack(folder).gallery(FolderFiles(source)), vector(number))


def test_processes_that_open_it_together_pack_once(tmp_path: Path) -> None:
    source = tmp_path / "gallery"
    add_examples(FolderFiles(source), "dlib", people(*range(40)))
    with multiprocessing.get_context("fork").Pool(3) as pool:
        tasks = [(tmp_path / "pack", source, number) for number in range(9)]
        assert pool.starmap(_open_in_child, tasks) == [f"person {n}" for n in range(9)]
        pool.close()  # else SIGTERM ends the children, and coverage hangs in one now and then
        pool.join()
    assert [p.name for p in (tmp_path / "pack").glob("generation-*")] == ["generation-1"]
