"""`manage.py forget`: what is left of a name is found wherever it is; erasing by name."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from faceweb.management.commands import forget as command
from faceweb.models import IdempotentAnswer, Job
from faceweb.people import subjects as module
from faceweb.people.erasure.places import Places
from faceweb.people.erasure.searching import search
from recognition.gallery.gallery import Gallery
from tests.faceweb.people.places import memory_places, people_in_memory
from tests.support.factories import make_gallery_files, make_job
from tests.support.memory_files import MemoryFiles

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def files() -> MemoryFiles:
    files: MemoryFiles = make_gallery_files(("Zoë Ada", "Shea"))
    return files


@pytest.fixture
def places(files: MemoryFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    places = memory_places(files, folder=tmp_path)
    monkeypatch.setattr(module, "places_of", lambda settings: places)
    monkeypatch.setattr(command, "places_of", lambda settings: places)
    monkeypatch.setattr(command, "gallery_files", lambda settings, collection: files)
    people_in_memory(monkeypatch, files, command)
    return places


def places_with(name: str, places: Places) -> list[str]:
    return [one.place for one in search(name, places)]


def test_a_name_is_found_in_tables_buckets_and_files(places: Places, tmp_path: Path) -> None:
    make_job(result="Zoë Ada")
    make_job(stage_milliseconds={"note": "zoë ada"}, filename="Adam.jpg")
    IdempotentAnswer.objects.create(
        key="k", fingerprint="f", created_at=timezone.now(), body=b'{"result": "Zo\\u00eb Ada"}'
    )
    places.answers.put("picture", "Zoë Ada".encode(), "text/plain")
    places.pictures.put("Zoë_Ada-01.jpg", b"pixels", "image/jpeg")
    (tmp_path / "old.log").write_bytes(b"\x00" * 100 + "answer=Zoë Ada".encode())

    assert places_with("Zoë Ada", places) == [
        "table faceweb_idempotentanswer, body",
        "table faceweb_job, result",
        "table faceweb_job, stage_milliseconds",
        "keys of the bucket memory",
        "bucket memory",
        "the gallery",
        "file old.log",
    ]


@pytest.mark.parametrize(
    "written", ["Änne Élan", "ÄNNE ÉLAN", "änne élan", "A\u0308nne E\u0301lan"]
)
def test_a_name_is_found_in_whatever_case_and_composition(
    written: str, places: Places, tmp_path: Path
) -> None:
    """SQLite knows the case of ASCII alone, and macOS sends file names decomposed."""
    make_job(result=written, filename=f"{written}.jpg".replace(" ", "_"))
    (tmp_path / "old.log").write_bytes(f"answer={written}".encode())

    found = places_with("Änne Élan", places)
    assert found == ["table faceweb_job, filename", "table faceweb_job, result", "file old.log"]


@pytest.mark.parametrize("other", ["Zoë Adam", "Ada", "Canada", "Zoë-Anne Ada"])
def test_another_name_is_not_found(places: Places, tmp_path: Path, other: str) -> None:
    make_job(result="Adabel", filename="Zoë_Ada.jpg")
    (tmp_path / "some.log").write_text("Adabel Canadas")

    found = places_with(other, places)

    assert found == (["table faceweb_job, filename", "the gallery"] if other == "Ada" else [])


def test_a_name_across_the_border_of_two_parts_of_a_file_is_found(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("faceweb.people.erasure.searching.READ_BYTES", 8)
    (tmp_path / "some.log").write_text("1234 Shea 89 Shea Shea")

    found = {one.place: one.times for one in search("Shea", places)}

    assert found["file some.log"] == 3


def test_the_command_erases_by_name_and_then_finds_nothing(places: Places) -> None:
    job = make_job(state="succeeded", result="Zoë Ada")
    told = StringIO()
    with pytest.raises(CommandError, match="left in 2 places"):
        call_command("forget", "Zoë Ada", "--check", stdout=told)
    assert "table faceweb_job, result: 1" in told.getvalue()

    call_command("forget", "zoë ada", stdout=told)

    assert "Zoë Ada was erased: 1 examples" in told.getvalue()
    assert Job.objects.get(pk=job.pk).result == "erased"
    gallery = Gallery.open(places.gallery_of("default"))
    assert gallery is not None and [one.name for one in gallery.people.values()] == ["Shea"]


def test_the_command_says_that_nothing_is_left(places: Places) -> None:
    told = StringIO()

    call_command("forget", "Nobody At All", "--check", stdout=told)

    assert told.getvalue() == "Nothing of 'Nobody At All' is left.\n"


def test_the_command_says_that_nobody_is_called_so(places: Places) -> None:
    with pytest.raises(CommandError, match="Nobody is called 'Eve'"):
        call_command("forget", "Eve")
