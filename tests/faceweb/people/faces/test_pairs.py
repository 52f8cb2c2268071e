"""Two pictures beside each other: the best pair of faces, a chosen one, and what is missing."""

from __future__ import annotations

import numpy as np
import pytest
from django.test import AsyncClient

from faceweb.models import Face, Job, JobKind
from faceweb.people.faces.likeness import near_miss
from faceweb.people.faces.pairs import NotComparable, best_pair
from faceweb.people.faces.shown_faces import shown_faces
from faceweb.replies.threads import run_in_thread
from foundation.messages import CandidateReply, FaceReply
from tests.faceweb.people.places import answered
from tests.support.factories import make_face, make_job

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


def looks(direction: int) -> bytes:
    return np.eye(1, 128, direction, dtype="<f4")[0].tobytes()


def dropped(*directions: int, model: str = "sface", **changes: object) -> Job:
    """A picture that was dropped, with a face for each direction of an embedding."""
    faces = [
        make_face(identity=None, embedding=looks(one), box=(90.0 * n, 20.0, 90.0 * n + 80, 100.0))
        for n, one in enumerate(directions)
    ]
    size = {"width": 640, "height": 480}
    return answered("unknown", *faces, model=model, kind=JobKind.EMBED, **size, **changes)


def faces(job: Job) -> list[Face]:
    return list(Face.objects.filter(job=job).order_by("number"))


async def page(**asked: object) -> str:
    answer = await AsyncClient().get("/compare", asked)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_of_all_faces_the_most_alike_are_compared() -> None:
    one, other = dropped(0, 1), dropped(2, 1)

    pair = best_pair((one, other), faces(one), faces(other))

    assert (pair.one.number, pair.other.number, pair.found.same_person) == (1, 1, True)
    assert (pair.percent, pair.verdict) == (100, "The same person")


@pytest.mark.parametrize(
    ("change", "why"), [({"model": "dlib"}, "two models"), ({"embedding": None}, "not kept")]
)
def test_what_can_not_be_compared_is_said(change: dict[str, None], why: str) -> None:
    one, other = dropped(0), dropped(0, model=str(change.get("model", "sface")))
    if "embedding" in change:
        Face.objects.filter(job=other).update(embedding=None)

    with pytest.raises(NotComparable, match=why):
        best_pair((one, other), faces(one), faces(other))


async def test_a_face_that_is_chosen_is_compared_and_the_address_says_so() -> None:
    one, other = await run_in_thread(lambda: (dropped(0, 1), dropped(2, 1)))

    best = await page(one=one.pk, other=other.pk)
    chosen = await page(one=one.pk, other=other.pk, other_face=0)

    assert "verdict same" in best and "face 2 of the second" in best
    assert "Different people" in chosen and "face 1 of the second" in chosen


async def test_only_what_came_to_be_compared_is_compared() -> None:
    job = await run_in_thread(make_job)

    for asked in (job.pk, "no id"):
        answer = await AsyncClient().get("/compare", {"one": str(asked)})
        assert answer.status_code == 404


@pytest.mark.parametrize(("similarity", "says"), [(0.31, "Ann"), (0.12, None)])
def test_a_near_miss_is_perhaps_somebody(similarity: float, says: str | None) -> None:
    ann = CandidateReply(person_id="a", name="Ann", distance=1.0, similarity=similarity)
    stranger: FaceReply = make_face(identity=None, candidates=(ann,))

    [face] = shown_faces(answered("unknown", stranger))
    near = near_miss(face)

    assert (near.name if near else None) == says
