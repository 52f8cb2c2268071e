"""Strangers are paged, merged, and dismissed for ever; a dismissal can be taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient

from faceweb.jobs.paging import CursorRefused
from faceweb.models import Bookmark, Change, DismissedFace, Face, JobState, Subject
from faceweb.people.correcting.corrections import dismiss, say_person, undo_face
from faceweb.people.strangers import saying as module, unknown_faces
from faceweb.people.strangers.saying import ask_again, dismiss_alikes, dismissed_page
from faceweb.people.strangers.unknown_faces import unknown_page
from tests.support.factories import make_job

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def waiting(direction: int, near: float = 0.0, minutes: int = 0, model: str = "sface") -> Face:
    """An unknown face of a picture; faces of one direction look alike."""
    looks = np.eye(1, 128, direction, dtype="<f4")[0]
    looks[-1] += near
    job = make_job(
        state=JobState.SUCCEEDED, model=model, created_at=NOON - timedelta(minutes=minutes)
    )
    return Face.objects.create(
        job=job, number=0, seen_at=job.created_at, left=0, top=0, right=50, bottom=50,
        probability=0.99, embedding=looks.tobytes(), is_unknown=True,
    )  # fmt: skip


def post(path: str, **form: object) -> str:
    answer = async_to_sync(AsyncClient().post)(path, form, follow=True)
    assert answer.status_code == 200
    return str(answer.content.decode())


def groups() -> list[set[int]]:
    return [set(group.faces) for group in unknown_page().groups]


def test_pages_of_groups_and_of_older_faces_reach_everybody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(unknown_faces, "LOOKED_AT", 4)
    monkeypatch.setattr(unknown_faces, "SHOWN", 2)
    faces = {waiting(direction, minutes=direction // 2).pk for direction in range(7)}

    seen: list[int] = []
    before, start, pages = "", 0, 0
    while pages < 9:
        page, pages = unknown_page(before, start), pages + 1
        seen += [face for group in page.groups for face in group.faces]
        if page.next_start is not None:
            start = page.next_start
        elif page.older:
            before, start = page.older, 0
        else:
            break

    assert sorted(seen) == sorted(faces) and pages == 4


def test_a_place_that_is_not_ours_is_refused_and_the_page_shows_the_newest() -> None:
    face = waiting(1)
    for place in ("x", "2026-11-20T12:00:00|1", "2026-11-20T12:00:00+00:00|x"):
        with pytest.raises(CursorRefused):
            unknown_page(place)
        page = async_to_sync(AsyncClient().get)("/unknown", {"before": place})
        assert f'value="{face.pk}"' in page.content.decode()


def test_models_are_not_mixed() -> None:
    one, other = waiting(1), waiting(1, model="dlib")

    assert sorted(map(sorted, groups())) == sorted([[one.pk], [other.pk]])


def test_groups_are_merged_and_that_is_undone() -> None:
    one, other = waiting(1), waiting(2)

    page = post("/unknown/merge", group=[f"{one.pk}", f"{other.pk}"])
    assert "2 groups are one stranger now." in page
    assert groups() == [{one.pk, other.pk}]
    later = waiting(2, near=0.01)
    assert groups() == [{one.pk, other.pk, later.pk}]
    assert "Undone." in post("/faces/undo", change=Change.objects.get().pk, back="/unknown")

    assert sorted(groups(), key=len) == [{one.pk}, {other.pk, later.pk}]


def test_one_group_alone_is_not_merged() -> None:
    one, other = waiting(1), waiting(1, near=0.01)

    post("/unknown/merge", group=f"{one.pk},{other.pk}")

    assert set(Face.objects.values_list("stranger", flat=True)) == {None}


def test_who_was_dismissed_is_never_asked_for_again() -> None:
    first, other = waiting(1), waiting(2)

    page = post("/faces/say", face=first.pk, do="dismiss", back="/unknown")
    waiting(1, near=0.01)
    assert "Dismissed: nobody is asked again" in page and len(groups()) == 2

    assert dismiss_alikes() == 1
    assert groups() == [{other.pk}]
    waiting(1, near=0.02)
    assert dismiss_alikes() == 1
    assert dismiss_alikes() == 0


def test_faces_that_waited_before_are_dismissed_too_some_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "LOOKED_AT", 2)
    old = [waiting(1, near=0.001 * number) for number in range(3)]
    assert dismiss_alikes() == 0 and not Bookmark.objects.exists(), "nobody is dismissed"

    dismiss([old[0]], "tester")

    assert [dismiss_alikes() for _ in range(2)] == [2, 0]
    assert groups() == []


def test_a_dismissal_is_undone_for_a_day_and_taken_back_for_ever() -> None:
    face = waiting(1)
    dismiss([face], "tester")
    undo_face(Change.objects.get(), "tester")
    assert (groups(), DismissedFace.objects.count()) == ([{face.pk}], 0)

    dismiss([face], "tester")
    assert [one.pk for one in dismissed_page(0)[0]] == [face.pk]
    ask_again(face, "tester")
    ask_again(face, "tester")

    assert (groups(), DismissedFace.objects.count()) == ([{face.pk}], 0)


def test_a_dismissed_face_that_gets_a_name_is_not_kept_as_dismissed() -> None:
    ann = Subject.objects.create(person_id="ann", name="Ann", name_key="ann", examples=1)
    face = waiting(1)
    dismiss([face], "tester")

    say_person([face], ann.pk, "tester")

    assert not DismissedFace.objects.exists()


def test_the_page_of_the_dismissed_asks_again() -> None:
    face = waiting(1)
    dismiss([face], "tester")
    page = async_to_sync(AsyncClient().get)("/unknown/dismissed").content.decode()
    assert "Ask again" in page

    assert "Nobody is dismissed" in post("/unknown/dismissed/again", face=face.pk)
    assert groups() == [{face.pk}]
