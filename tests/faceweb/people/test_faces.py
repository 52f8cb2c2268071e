"""Faces are rows: what is shown follows who people are now, whatever was answered."""

from __future__ import annotations

import uuid

import pytest

from faceweb.jobs.history import JobFilter, page_of
from faceweb.models import Face, Job, Subject
from faceweb.people.correcting.naming import note_merged
from faceweb.people.faces.known_people import ERASED
from faceweb.people.faces.shown_faces import answer_now, job_json
from faceweb.people.strangers.unknown_faces import unknown_page
from faceweb.people.subject_list import ids_of
from faceweb.replies.responses import record_replies
from foundation.messages import CandidateReply
from recognition.gallery.gallery_changes import remove_person, rename_person
from tests.faceweb.people.places import answered, id_in, rows_follow
from tests.support.factories import make_face, make_gallery_files, make_job, make_reply
from tests.support.memory_files import MemoryFiles

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def files() -> MemoryFiles:
    files: MemoryFiles = make_gallery_files()
    rows_follow(files)
    return files


def shown(job: Job) -> tuple[str, list[object]]:
    """What the headline says, and the names of the faces as the API has them."""
    fresh = Job.objects.get(pk=job.pk)
    return answer_now(fresh), [face.get("identity") for face in job_json(fresh)["faces"]]


def results(name: str) -> list[str]:
    page = page_of(JobFilter(result=name), None, 10)
    return [job.filename for job in page.jobs]


def test_a_renamed_person_has_the_new_name_everywhere(files: MemoryFiles) -> None:
    paul = id_in(files, "Paul")
    job = answered("Paul", make_face(identity="Paul", person_id=paul))

    rename_person(files, "Paul", "Pablo")
    rows_follow(files)

    assert shown(job) == ("Pablo", ["Pablo"])
    assert job_json(job)["result"] == "Paul"
    assert results("pablo") == results("Paul") == [job.filename]


def test_who_was_merged_is_shown_as_the_other(files: MemoryFiles) -> None:
    paul, shea = id_in(files, "Paul"), id_in(files, "Shea")
    job = answered("Paul", make_face(identity="Paul", person_id=paul))

    note_merged(paul, shea)
    remove_person(files, "Paul")
    rows_follow(files)

    assert shown(job) == ("Shea", ["Shea"])
    assert results("Shea") == [job.filename]
    late = answered("Paul", make_face(identity="Paul", person_id=paul))
    assert shown(late) == ("Shea", ["Shea"])


def test_a_merge_of_a_merge_leads_to_the_last(files: MemoryFiles) -> None:
    third = Subject.objects.create(pk="third", name="Third")
    paul, shea = id_in(files, "Paul"), id_in(files, "Shea")
    job = answered("Paul", make_face(identity="Paul", person_id=paul))

    note_merged(paul, shea)
    note_merged(shea, third.pk)

    assert shown(job) == ("Third", ["Third"])
    assert sorted(ids_of(third.pk)) == sorted([paul, shea, "third"])


def test_a_person_is_found_whoever_is_the_largest_face(files: MemoryFiles) -> None:
    paul, shea = id_in(files, "Paul"), id_in(files, "Shea")
    group = answered(
        "Shea",
        make_face(identity="Shea", person_id=shea),
        make_face(identity="Paul", person_id=paul),
    )

    assert results("Paul") == [group.filename]
    assert shown(group) == ("Shea and Paul", ["Shea", "Paul"])


def test_somebody_whom_no_copy_has_yet_is_shown_by_the_replys_word() -> None:
    job = answered("New", make_face(identity="New", person_id="new-id"))

    assert shown(job) == ("New", ["New"])
    assert Subject.objects.get(pk="new-id").name == "New"


def test_a_word_that_no_column_takes_is_cut() -> None:
    """One letter may become eighteen when its case is folded."""
    word = "\ufdfa" * 255

    job = answered(word, make_face(identity=word, person_id="long"))

    assert shown(job) == (word, [word])


def test_candidates_are_shown_by_their_current_names(files: MemoryFiles) -> None:
    paul = id_in(files, "Paul")
    near = CandidateReply(person_id=paul, name="Paul", distance=0.6, similarity=0.4)
    job = answered("unknown", make_face(identity=None, candidates=(near,)))

    rename_person(files, "Paul", "Pablo")
    rows_follow(files)

    [face] = job_json(Job.objects.get(pk=job.pk))["faces"]
    assert face["candidates"] == [
        {"person_id": paul, "name": "Pablo", "distance": 0.6, "similarity": 0.4}
    ]


def test_a_reply_about_somebody_who_was_erased_meanwhile_names_nobody(files: MemoryFiles) -> None:
    paul = id_in(files, "Paul")
    Subject.objects.filter(pk=paul).update(name="", name_key="", erased_at="2026-01-01T00:00Z")
    near = CandidateReply(person_id=paul, name="Paul", distance=0.6, similarity=0.4)

    job = answered(
        "Paul",
        make_face(identity="Paul", person_id=paul),
        make_face(identity=None, candidates=(near,)),
    )

    assert (job.result, shown(job)) == (ERASED, (ERASED, [None, None]))
    assert "Paul" not in str(list(Face.objects.values()))
    assert "candidates" not in job_json(job)["faces"][1]


def test_only_the_faces_of_pictures_that_came_to_be_recognised_wait_for_a_name() -> None:
    unknown = make_face(identity=None, embedding=b"\0" * 512)
    wanted = answered("unknown", unknown, make_face(identity=None, left_out="small", embedding=b""))
    enrolled = make_job(kind="embed")
    record_replies([make_reply(enrolled.id, answer="unknown", faces=(unknown,))])

    [group] = unknown_page().groups
    assert list(Face.objects.filter(pk__in=group.faces).values_list("job", "number")) == [
        (wanted.pk, 0)
    ]


def test_the_faces_of_a_reply_that_lost_are_not_written() -> None:
    job = answered("Paul", make_face(identity="Paul"))

    record_replies([make_reply(job.id, faces=(make_face(), make_face()))])

    assert job.faces.count() == 1


def everything(wanted: JobFilter, limit: int) -> list[uuid.UUID]:
    """The jobs of all pages, one after the other."""
    page = page_of(wanted, None, limit)
    found = [job.pk for job in page.jobs]
    while page.next_cursor is not None:
        page = page_of(wanted, page.next_cursor, limit)
        found += [job.pk for job in page.jobs]
    return found


def newest_first(jobs: list[Job]) -> list[uuid.UUID]:
    return [job.pk for job in sorted(jobs, key=lambda one: one.created_at, reverse=True)]


def test_pages_of_pictures_with_a_person_leave_none_out(files: MemoryFiles) -> None:
    """Some by the answer, some by another face: each once, newest first."""
    paul, shea = id_in(files, "Paul"), id_in(files, "Shea")
    both = (
        make_face(identity="Shea", person_id=shea),
        make_face(identity="Paul", person_id=paul),
    )
    jobs = [answered("Paul", make_face(identity="Paul", person_id=paul)) for _ in range(4)]
    jobs += [answered("Shea", *both) for _ in range(3)]

    assert everything(JobFilter(result="Paul"), 2) == newest_first(jobs)


def test_a_persons_pictures_are_found_however_many_others_came_since(
    files: MemoryFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page looks at some jobs only where no index helps; a person's faces have one."""
    monkeypatch.setattr("faceweb.jobs.history.LOOKED_AT", 2)
    old = answered("Paul", make_face(identity="Paul", person_id=id_in(files, "Paul")))
    for _ in range(6):
        answered("Shea", make_face(identity="Shea", person_id=id_in(files, "Shea")))

    for wanted in (
        JobFilter(kind="recognise", person=id_in(files, "Paul")),
        JobFilter(result="Paul"),
    ):
        page = page_of(wanted, None, 10)
        assert ([job.pk for job in page.jobs], page.next_cursor) == ([old.pk], None)


def test_a_person_whose_faces_are_many_has_pages_too(files: MemoryFiles) -> None:
    """Two faces a picture, as a mirror has, and more pictures than are read at once."""
    paul = id_in(files, "Paul")
    twice = tuple(make_face(identity="Paul", person_id=paul) for _ in range(2))
    jobs = [answered("Paul", *twice) for _ in range(25)]

    found = everything(JobFilter(person=paul, state="succeeded"), 3)

    assert found == newest_first(jobs)
