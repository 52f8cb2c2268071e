"""What people say about faces: who it is, that nobody knows it, that it is no face."""

from collections.abc import Collection, Sequence

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from faceweb.access.permissions import CHANGE_PERSON
from faceweb.jobs.erasing import forget_enrolment
from faceweb.models import Face, Job
from faceweb.pages.access import page, people_here
from faceweb.pages.faces.outcome import PHRASES, Outcome, answer
from faceweb.pages.faces.statements import Statement, statements_in
from faceweb.people.correcting.corrections import dismiss, say_no_face, say_nobody, say_person
from faceweb.people.correcting.embedding_again import embedded_again
from faceweb.people.correcting.naming import NoUsableFace
from faceweb.people.subjects import Learned, Subjects
from faceweb.replies.leases import LeaseTaken
from faceweb.replies.threads import run_in_thread
from foundation.config import get_settings
from recognition.errors import GalleryError

REFUSALS = (NoUsableFace, GalleryError, LeaseTaken)
NOBODY = {"nobody": say_nobody, "no-face": say_no_face, "dismiss": dismiss}


@require_POST
@page(CHANGE_PERSON)
async def say(request: HttpRequest) -> HttpResponse:
    """One thing about some faces (`face`, `do`, `name`), or names for several (`name-<face>`)."""
    outcome, people = Outcome(), await run_in_thread(people_here, request)
    statements = await run_in_thread(lambda: list(statements_in(request)))
    verdict = request.POST.get("do") or "somebody"
    if verdict != "somebody":
        faces = [one.face for one in statements]
        await run_in_thread(_say_nobody, people, faces, verdict, outcome)
        return await run_in_thread(answer, request, outcome)
    tried: set[str] = set()
    for one in statements:
        if one.remember or await run_in_thread(_is_new, people, one.name, tried):
            await _remember(request, people, one, outcome)
            tried.add(one.name)
    await run_in_thread(_name, people, statements, outcome)
    return await run_in_thread(answer, request, outcome)


def _say_nobody(people: Subjects, faces: Sequence[Face], verdict: str, outcome: Outcome) -> None:
    do = NOBODY.get(verdict, say_nobody)
    outcome.note(PHRASES.get(verdict, PHRASES["nobody"]), do(faces, people.actor))


def _is_new(people: Subjects, name: str, tried: Collection[str]) -> bool:
    """True for a name that nobody has, and that was not tried yet: the face must teach it."""
    return name not in tried and people.named(name) is None


def _name(people: Subjects, statements: Sequence[Statement], outcome: Outcome) -> None:
    """All other faces of people who are known by now; the gallery learns nothing from these."""
    left = [one for one in statements if one.face.pk not in outcome.faces]
    for name in dict.fromkeys(one.name for one in left):
        person = people.named(name)
        faces = [one.face for one in left if one.name == name]
        if person is not None:
            changes = say_person(faces, person.id, people.actor)
            outcome.note(person.name, changes, person.id)


async def _remember(
    request: HttpRequest, people: Subjects, statement: Statement, outcome: Outcome
) -> None:
    """The face is an example from now on. One without an embedding is first looked at again."""
    if await run_in_thread(_teach_at_once, people, statement, outcome):
        return
    try:
        job, number = await embedded_again(request, statement.face, get_settings())
    except NoUsableFace as refusal:
        outcome.problems[str(refusal)] = None
        return
    try:
        await run_in_thread(_teach_again, people, statement, (job, number), outcome)
    finally:
        await run_in_thread(forget_enrolment, job, get_settings())


def _teach_at_once(people: Subjects, statement: Statement, outcome: Outcome) -> bool:
    """False where the face must be looked at again before it can be an example."""
    face, gallery = statement.face, people.gallery()
    if face.embedding is None or face.job is None:
        return False
    if gallery is not None and gallery.people and gallery.model != face.job.model:
        return False
    try:
        _taught(statement, people.teach(face.job, face, statement.name), people, outcome)
    except REFUSALS as refusal:
        outcome.problems[str(refusal)] = None  # the same for each face of a group is told once
    return True


def _teach_again(
    people: Subjects, statement: Statement, seen: tuple[Job, int], outcome: Outcome
) -> None:
    job, number = seen
    try:
        again = job.faces.get(number=number)
        if again.left_out or again.embedding is None:
            raise NoUsableFace(f"The face is no good example: {again.left_out or 'it is named'}.")
        _taught(statement, people.teach(job, again, statement.name), people, outcome)
    except REFUSALS as refusal:
        outcome.problems[str(refusal)] = None


def _taught(statement: Statement, learned: Learned, people: Subjects, outcome: Outcome) -> None:
    changes = say_person([statement.face], learned.id, people.actor, learned.example)
    outcome.note(learned.name, changes, learned.id)
    outcome.examples[learned.name] = outcome.examples.get(learned.name, 0) + 1
    outcome.warnings += learned.warnings
