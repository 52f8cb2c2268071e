"""What people say about faces: who it is, that nobody knows it, that it is no face; and undo."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.contrib import messages as notes
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from faceweb.access import audit
from faceweb.access.identity import collection_of
from faceweb.access.permissions import CHANGE_PERSON, VIEW_PERSON
from faceweb.jobs.erasing import forget_enrolment
from faceweb.models import Change, Face, Job, of_collection
from faceweb.pages.access import page, visitor
from faceweb.pages.faces.picture import picture_part
from faceweb.people.faces.corrections import say_no_face, say_nobody, say_person
from faceweb.people.faces.embedding_again import embedded_again
from faceweb.people.faces.naming import NoUsableFace
from faceweb.people.people_pages import people_page
from faceweb.people.subjects import Learned, Subjects, subjects
from faceweb.people.undoing import NotUndone, undo
from faceweb.replies.leases import LeaseTaken
from faceweb.replies.threads import run_in_thread
from foundation.config import get_settings
from recognition.errors import GalleryError

SAID = {"nobody": "Nobody knows this face.", "no-face": "This is no face."}
OFFERED_NAMES = 12
MOST_FACES = 500
REFUSALS = (NoUsableFace, GalleryError, LeaseTaken)


@dataclass(slots=True, kw_only=True)
class _Outcome:
    """What became of what was said: changes and examples by sentence, refusals, warnings."""

    named: dict[str, list[int]] = field(default_factory=dict)
    examples: dict[str, int] = field(default_factory=dict)
    problems: dict[str, None] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    person_id: str | None = None

    def note(self, name: str, change: Change) -> None:
        self.named.setdefault(name, []).append(change.pk)


@require_POST
@page(CHANGE_PERSON)
async def say(request: HttpRequest) -> HttpResponse:
    """One thing about some faces (`face`, `do`, `name`), or names for several (`name-<face>`)."""
    outcome = _Outcome()
    said = await run_in_thread(lambda: list(_said(request)))
    for face, name in said:
        await _carry_out(request, face, name, outcome)
    return await run_in_thread(_answer, request, outcome)


def _said(request: HttpRequest) -> Iterator[tuple[Face, str]]:
    """The faces, each with the name that it was given."""
    form = request.POST
    given = {one: form.get("name", "") for one in form.getlist("face")}
    given |= {
        key.removeprefix("name-"): str(name)
        for key, name in form.items()
        if key.startswith("name-") and str(name).strip()
    }
    ids = [int(one) for one in given if one.isdecimal()][:MOST_FACES]
    here = Face.objects.filter(of_collection(collection_of(request)))
    found = here.select_related("job", "person__merged_into").in_bulk(ids)
    for one in ids:
        if one in found:
            yield found[one], str(given[str(one)]).strip()


async def _carry_out(request: HttpRequest, face: Face, name: str, outcome: _Outcome) -> None:
    people = subjects(get_settings(), visitor(request), collection_of(request))
    asked = request.POST.get("do") or "somebody"
    if asked != "somebody":
        await run_in_thread(_say_nobody, people, face, asked, outcome)
        return
    remember = request.POST.get("remember") == "yes"
    if await run_in_thread(_say_somebody, people, face, name, remember, outcome):
        return
    try:
        job, number = await embedded_again(request, face, get_settings())
    except NoUsableFace as refusal:
        await run_in_thread(_without_example, people, face, name, str(refusal), outcome)
        return
    try:
        await run_in_thread(_learn, people, face, (job, number), name, outcome)
    finally:
        await run_in_thread(forget_enrolment, job, get_settings())


def _say_nobody(people: Subjects, face: Face, asked: str, outcome: _Outcome) -> None:
    said = say_no_face if asked == "no-face" else say_nobody
    outcome.note(SAID.get(asked, SAID["nobody"]), said(face, people.actor))


def _say_somebody(
    people: Subjects, face: Face, name: str, remember: bool, outcome: _Outcome
) -> bool:
    """False where the face must be looked at again before it can be an example."""
    try:
        person = people.named(name)
        if person is not None and not remember:
            _note(outcome, person.name, person.id, say_person(face, person.id, people.actor))
            return True
        gallery = people.gallery()
        if face.embedding is None or face.job is None:
            return False
        if gallery is not None and gallery.people and gallery.model != face.job.model:
            return False
        _taught(face, people.teach(face.job, face, name), people, outcome)
    except REFUSALS as refusal:
        outcome.problems[str(refusal)] = None  # the same for each face of a group is told once
    return True


def _learn(
    people: Subjects, face: Face, seen: tuple[Job, int], name: str, outcome: _Outcome
) -> None:
    job, number = seen
    try:
        again = job.faces.get(number=number)
        if again.left_out or again.embedding is None:
            raise NoUsableFace(f"The face is no good example: {again.left_out or 'it is named'}.")
        _taught(face, people.teach(job, again, name), people, outcome)
    except REFUSALS as refusal:
        _without_example(people, face, name, str(refusal), outcome)


def _without_example(people: Subjects, face: Face, name: str, why: str, outcome: _Outcome) -> None:
    """Who is known already gets the face all the same."""
    person = people.named(name)
    outcome.problems[why] = None
    if person is not None:
        _note(outcome, person.name, person.id, say_person(face, person.id, people.actor))


def _taught(face: Face, learned: Learned, people: Subjects, outcome: _Outcome) -> None:
    change = say_person(face, learned.id, people.actor, learned.example)
    _note(outcome, learned.name, learned.id, change)
    outcome.examples[learned.name] = outcome.examples.get(learned.name, 0) + 1
    outcome.warnings += learned.warnings


def _note(outcome: _Outcome, name: str, person_id: str, change: Change) -> None:
    outcome.note(name, change)
    outcome.person_id = person_id


def _answer(request: HttpRequest, outcome: _Outcome) -> HttpResponse:
    for name, changes in outcome.named.items():
        undo_ids = ",".join(map(str, changes))
        notes.success(request, _sentence(name, len(changes), outcome), extra_tags=undo_ids)
    for warning in outcome.warnings:
        notes.warning(request, warning)
    for problem in outcome.problems:
        notes.error(request, problem)
    return _shown(request, outcome.person_id)


def _sentence(name: str, faces: int, outcome: _Outcome) -> str:
    if name in SAID.values():
        return name
    examples = outcome.examples.get(name, 0)
    if examples:
        return f"{name} is known now ({examples} example{'s'[: examples != 1]})."
    return f"This is {name}." if faces == 1 else f"{faces} faces are {name}."


def _shown(request: HttpRequest, also: str | None = None) -> HttpResponse:
    """The picture, where that was asked for, else the page that it was said on."""
    from_part = request.headers.get("HX-Request") == "true"
    picture = request.POST.get("picture", "")
    if picture:
        job = get_object_or_404(Job, pk=_uuid(picture), collection=collection_of(request))
        return picture_part(request, job, also) if from_part else redirect(job)
    if from_part:
        return render(request, "faceweb/notes.html", {"in_part": True})
    back = urlsplit(request.POST.get("back", "/")).path
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = "/"
    return redirect(f"{back}?also={also}" if also else back)


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Http404 from None


@require_POST
@page(CHANGE_PERSON)
def take_back(request: HttpRequest) -> HttpResponse:
    """Undo changes, the newest first."""
    ids = [int(one) for one in request.POST.get("change", "").split(",") if one.isdecimal()]
    people = subjects(get_settings(), visitor(request), collection_of(request))
    changes = [one for one in _newest_first(ids[:MOST_FACES]) if people.has_all(one.people)]
    if not changes:
        notes.error(request, "There is nothing to undo any more.")
    for change in changes:
        try:
            undo(change, people)
        except (NotUndone, *REFUSALS) as refusal:
            notes.error(request, str(refusal))
        else:
            notes.success(request, "Undone.")
    return _shown(request)


def _newest_first(ids: Iterable[int]) -> list[Change]:
    return list(Change.objects.filter(pk__in=list(ids)).select_related("face").order_by("-pk"))


@require_safe
@page(VIEW_PERSON)
def names(request: HttpRequest) -> HttpResponse:
    """Names for what was typed so far, as the options of a list."""
    typed = next(iter(request.GET.values()), "")
    audit.looked(visitor(request), "people searched", "names")
    people = people_page(None, str(typed).strip(), collection_of(request)).people[:OFFERED_NAMES]
    return render(request, "faceweb/names.html", {"people": people})
