"""What stopped an erasing is tried again, and what comes late is erased, too."""

from __future__ import annotations

import math
import time
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import EndpointConnectionError
from django.db import OperationalError
from django.utils import timezone

from faceweb.models import Erasure, ErasureState, ExamplePicture, Job
from faceweb.people.erasure import answers, running, steps
from faceweb.people.erasure.person import ErasedPerson, GoesOn
from faceweb.people.subjects import NoSuchSubject, Subjects
from faceweb.replies.responses import record_replies
from faceweb.videos.following import VideoWatch
from recognition.errors import GalleryCorrupt
from recognition.gallery.gallery_changes import add_examples
from tests.faceweb.people.erasure.house import NAMES, House, a_minute_later
from tests.faceweb.videos.buckets import name_of
from tests.support.factories import make_face, make_job, make_reply, make_settings, make_video
from tests.support.fakes import MemoryQueue, RecordingSender

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def test_asked_again_it_gives_the_same_receipt(house: House, people: Subjects) -> None:
    house.answered(NAMES[0])
    receipt = people.erase(house.person)

    again = people.erase(house.person)

    assert again["receipt"] == receipt["receipt"]
    assert again["jobs"] == 1
    with pytest.raises(NoSuchSubject):
        people.erase("nobody")


@pytest.mark.parametrize("step", steps.STEPS)
@pytest.mark.parametrize(
    "trouble", [OperationalError("locked"), OSError("away"), GalleryCorrupt("damaged")]
)
def test_what_stopped_goes_on_and_counts_all(
    house: House, people: Subjects, monkeypatch: pytest.MonkeyPatch, step: str, trouble: Exception
) -> None:
    """Whichever step it was: nobody who asked has to ask again."""
    house.answered(NAMES[0])
    house.film(NAMES[0])

    def broken(*_: Any) -> None:
        raise trouble

    monkeypatch.setattr(running, "PAUSE_SECONDS", 0.0)
    with monkeypatch.context() as patched:
        patched.setitem(steps.STEPS, step, broken)  # type: ignore[arg-type]
        with pytest.raises(type(trouble)):
            people.erase(house.person)
    assert Erasure.objects.get().trouble == type(trouble).__name__

    Erasure.objects.update(due_at=timezone.now())
    a_minute_later(house)

    assert NAMES[0] not in house.everything()
    receipt = people.erase(house.person)
    assert (receipt["jobs"], receipt["videos"], receipt["examples"]) == (1, 1, 1)


def test_what_takes_long_goes_on_without_whoever_asked(house: House, people: Subjects) -> None:
    for _ in range(3):
        house.answered(NAMES[0])
    now = time.monotonic()

    assert people.erase_until(now, house.person) is None
    assert people.receipt(house.person) is None
    a_minute_later(house)

    receipt = people.receipt(house.person)
    assert receipt is not None and receipt["jobs"] == 3
    assert people.erase_until(now, house.person) == receipt
    assert NAMES[0] not in house.everything()
    with pytest.raises(NoSuchSubject):
        people.receipt("nobody")


@pytest.mark.parametrize("place", range(16))
def test_it_may_be_late_at_any_place(
    house: House, people: Subjects, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    """What was done before is neither lost nor counted twice."""
    monkeypatch.setattr(answers, "AT_ONCE", 1)
    monkeypatch.setattr(steps, "AT_ONCE", 1)
    for number in range(3):
        house.answered(NAMES[0])
        house.answered(NAMES[0], with_id=False)
        ExamplePicture.objects.create(
            person_id=house.person, example_id=str(number), key="k", added_at=timezone.now()
        )
    places = iter(range(100))

    def stop_when_late(person: ErasedPerson) -> None:
        if next(places) == place:
            raise GoesOn

    monkeypatch.setattr(ErasedPerson, "stop_when_late", stop_when_late)
    assert people.erase_until(math.inf, house.person) is None
    a_minute_later(house)

    receipt = people.erase(house.person)
    assert (receipt["jobs"], receipt["pictures"], receipt["examples"]) == (6, 3, 1)
    assert NAMES[0] not in house.everything()


def test_a_locked_database_is_waited_for(
    house: House, people: Subjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.answered(NAMES[0])
    left = [OperationalError("database is locked")] * 3
    faces = steps.STEPS["faces"]

    def locked(*arguments: Any) -> None:
        if left:
            raise left.pop()
        faces(*arguments)

    monkeypatch.setattr(running, "PAUSE_SECONDS", 0.0)
    monkeypatch.setitem(steps.STEPS, "faces", locked)  # type: ignore[arg-type]

    assert people.erase(house.person)["jobs"] == 1


def test_storage_that_is_away_is_told_and_tried_again(
    house: House, people: Subjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = house.answered(NAMES[0])
    with monkeypatch.context() as patched:

        def away(*_: Any) -> None:
            raise EndpointConnectionError(endpoint_url="http://x")

        patched.setattr(house.places.answers, "put", away)
        with pytest.raises(EndpointConnectionError):
            people.erase(house.person)

    assert people.erase(house.person)["jobs"] == 1
    assert house.places.answers.get(job.output_key) == b"erased"


def test_answers_that_come_late_are_erased_too(house: House, people: Subjects) -> None:
    """A worker had the old gallery, and a picture or a video in hand."""
    late = make_job(output_key="late")
    film = make_video()
    people.erase(house.person)
    house.places.answers.put("late", NAMES[0].encode(), "text/plain")
    with_id = make_face(identity=NAMES[0], person_id=house.person)
    record_replies([make_reply(late.id, answer=NAMES[0], faces=(with_id,))])
    house.films.ids[NAMES[0]] = house.person
    house.films.answer(name_of(film), [NAMES[0]])
    VideoWatch(make_settings(), house.places.videos, MemoryQueue(), RecordingSender()).look_once()
    a_minute_later(house)

    assert NAMES[0] not in house.everything()
    assert Job.objects.get(pk=late.pk).result == "erased"
    assert house.places.answers.get("late") == b"erased"
    film.refresh_from_db()
    assert (film.result, film.people) == ("erased", [])


def test_a_video_that_ends_days_later_keeps_nobody_whose_name_another_has_now(
    house: House, people: Subjects
) -> None:
    film = make_video()
    people.erase(house.person)
    a_minute_later(house)
    add_examples(house.files, "dlib", {NAMES[0]: [np.ones(128)]})
    house.changed()
    house.films.ids[NAMES[0]] = house.person
    house.films.answer(name_of(film), [NAMES[0]])

    VideoWatch(make_settings(), house.places.videos, MemoryQueue(), RecordingSender()).look_once()
    running.go_on_with_due(house.places, timezone.now() + timedelta(seconds=1))

    film.refresh_from_db()
    assert (film.result, film.people) == ("erased", [])
    assert not film.faces.filter(person=house.person).exists()


def test_an_answer_that_comes_days_later_opens_the_erasure_again(
    house: House, people: Subjects
) -> None:
    late = make_job(output_key="late")
    people.erase(house.person)
    a_minute_later(house)
    house.places.answers.put("late", NAMES[0].encode(), "text/plain")

    face = make_face(identity=NAMES[0], person_id=house.person)
    record_replies([make_reply(late.id, answer=NAMES[0], faces=(face,))])
    running.go_on_with_due(house.places, timezone.now() + timedelta(seconds=1))

    assert house.places.answers.get("late") == b"erased"
    assert Erasure.objects.get().state == ErasureState.DONE


def test_one_that_stays_stopped_keeps_nobody_else_s_erasing_from_going_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A collection's gallery may be damaged for long."""
    now, gone_on = timezone.now(), list[str]()
    for person in ("first", "second"):
        Erasure.objects.create(person_id=person, started_at=now, due_at=now)

    def stopped(person: ErasedPerson, places: object) -> None:
        gone_on.append(person.erasure.person_id)
        raise GalleryCorrupt("damaged")

    monkeypatch.setattr(running, "_do_steps", stopped)
    running.go_on_with_due(house.places, now)

    assert sorted(gone_on) == ["first", "second"]
    assert not Erasure.objects.filter(due_at__lte=now).exists()
