"""`manage.py importgallery`: other galleries are checked as pictures are."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from faceweb.management.commands import importgallery
from faceweb.models import Collection, Subject, Team
from recognition.gallery.gallery import FolderFiles, Gallery
from recognition.gallery.gallery_changes import add_examples
from tests.recognition.fakes import names_of
from tests.support.factories import make_settings
from tests.support.memory_files import MemoryFiles

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def person(number: int) -> np.ndarray:
    return np.random.default_rng(number).normal(size=128).astype(np.float32)


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> MemoryFiles:
    """The system's gallery, with Ann in it."""
    files, others = MemoryFiles(), MemoryFiles()
    add_examples(files, "dlib", {"Ann": [person(1)]})
    monkeypatch.setattr(
        importgallery,
        "gallery_files",
        lambda settings, collection: files if collection == "default" else others,
    )
    settings = make_settings(gallery_check_seconds=0)
    monkeypatch.setattr(importgallery, "get_settings", lambda: settings)
    return files


def imported(folder: Path, collection: str | None = None) -> str:
    told = io.StringIO()
    call_command("importgallery", str(folder), collection=collection, stdout=told)
    return told.getvalue()


def a_gallery_of_mary(folder: Path) -> Path:
    add_examples(FolderFiles(folder), "dlib", {"Mary": [person(3)]})
    return folder


def test_a_gallery_is_imported_into_a_collection(files: MemoryFiles, tmp_path: Path) -> None:
    team = Team.objects.create(name="doors")
    made = Collection.objects.create(team=team, name="staff")

    told = imported(a_gallery_of_mary(tmp_path), "staff")

    made.refresh_from_db()
    gallery = Gallery.open(files)
    assert "1 people imported. The gallery has 1 people" in told
    assert gallery is not None and names_of(gallery) == ["Ann"]
    assert Subject.objects.get(name="Mary").collection_id == made.pk
    assert made.model == "dlib"


@pytest.mark.usefixtures("files")
def test_a_collection_of_a_command_is_named_without_doubt(tmp_path: Path) -> None:
    for name in ("doors", "gates"):
        Collection.objects.create(team=Team.objects.create(name=name), name="staff")
    folder = a_gallery_of_mary(tmp_path)

    with pytest.raises(CommandError, match=r"\(doors, gates\): write TEAM/staff"):
        imported(folder, "staff")
    with pytest.raises(CommandError, match="no collection 'guests'"):
        imported(folder, "guests")
    assert "1 people imported" in imported(folder, "gates/staff")


@pytest.mark.usefixtures("files")
def test_a_full_collection_takes_no_gallery(tmp_path: Path) -> None:
    Collection.objects.create(name="staff", most_people=0)

    with pytest.raises(CommandError, match="may have 0 people"):
        imported(a_gallery_of_mary(tmp_path), "staff")


def test_what_cant_be_added_is_said_and_the_rest_is_added(
    files: MemoryFiles, tmp_path: Path
) -> None:
    other = FolderFiles(tmp_path)
    vectors = {"ann": [person(1), person(2)], "Impostor": [person(1) + 0.001], "Mary": [person(3)]}
    add_examples(other, "dlib", vectors)
    manifest = tmp_path / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b'"Mary"', b'"unknown"'))

    told = imported(tmp_path)

    gallery = Gallery.open(files)
    assert gallery is not None and names_of(gallery) == ["Ann", "Ann", "Impostor"]
    assert "'unknown' is left out: 'unknown' can't be a person's name" in told
    assert "the same picture as an example that ann has already" in told
    assert "warning: example 1 of Impostor: the same picture as Ann" in told
    assert "2 people imported. The gallery has 2 people (model dlib)" in told
    assert set(Subject.objects.values_list("name", flat=True)) == {"Ann", "Impostor"}


def test_a_gallery_of_another_model_is_refused_with_its_reason(
    files: MemoryFiles, tmp_path: Path
) -> None:
    add_examples(FolderFiles(tmp_path), "vggface2", {"Bob": [np.ones(512, np.float32)]})

    with pytest.raises(CommandError, match="made by the model dlib, not by vggface2"):
        imported(tmp_path)
