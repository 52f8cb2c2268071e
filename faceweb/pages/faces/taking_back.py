"""Undo of what was said about faces and strangers, of merges, and of removed examples."""

from collections.abc import Iterable

from django.contrib import messages as notes
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from faceweb.access.permissions import CHANGE_PERSON
from faceweb.models import Change
from faceweb.pages.access import page, people_here
from faceweb.pages.faces.outcome import shown
from faceweb.pages.faces.saying import REFUSALS
from faceweb.pages.faces.statements import MOST_FACES
from faceweb.pages.forms import numbers_in
from faceweb.people.correcting.corrections import NotUndone
from faceweb.people.correcting.undoing import undo
from faceweb.people.subjects import Subjects


@require_POST
@page(CHANGE_PERSON)
def take_back(request: HttpRequest) -> HttpResponse:
    """Undo changes, the newest first."""
    ids = numbers_in(request.POST.get("change", ""))
    people = people_here(request)
    found = Change.objects.filter(pk__in=ids[:MOST_FACES]).select_related("face__job")
    changes = [one for one in found.order_by("-pk") if _is_here(one, people)]
    problems = _undone(changes, people)
    for problem in problems or ([] if changes else ["There is nothing to undo any more."]):
        notes.error(request, problem)
    if changes and len(problems) < len(changes):
        notes.success(request, "Undone.")
    return shown(request)


def _undone(changes: Iterable[Change], people: Subjects) -> list[str]:
    """Why some could not be undone."""
    problems = []
    for change in changes:
        try:
            undo(change, people)
        except (NotUndone, *REFUSALS) as refusal:
            problems.append(str(refusal))
    return problems


def _is_here(change: Change, people: Subjects) -> bool:
    """False for a change in another collection."""
    job = change.face.job if change.face else None
    where = job.collection_id if job else change.before.get("collection")
    return where in (None, people.collection) and people.has_all(change.people)
