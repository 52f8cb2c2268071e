"""Unknown faces by group: to be named, merged, or dismissed for ever."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages as notes
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from faceweb.access import audit
from faceweb.access.identity import collection_of
from faceweb.access.permissions import CHANGE_PERSON, VIEW_JOB
from faceweb.models import Face, Likely
from faceweb.pages.access import else_first, page, visitor
from faceweb.pages.faces.picture import offers
from faceweb.pages.forms import number_in, numbers_in
from faceweb.people.faces.likeness import near_miss
from faceweb.people.faces.shown_faces import note_candidates
from faceweb.people.strangers import saying
from faceweb.people.strangers.grouping import Fold, Stranger
from faceweb.people.strangers.unknown_faces import unknown_page

MOST_FOLDS = 24
"""More looks at one stranger are behind a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownGroup:
    """One stranger as the page shows them: the first faces of the folds, and who it may be."""

    stranger: Stranger
    shown: Sequence[tuple[Face, Fold]]
    near: Likely | None

    @property
    def hidden(self) -> Sequence[int]:
        """The faces that no picture stands for."""
        left = self.stranger.folds[MOST_FOLDS:]
        return [face for fold in left for face in fold]


@require_safe
@page(VIEW_JOB)
def unknown(request: HttpRequest) -> HttpResponse:
    """The groups among the newest faces, a page at a time."""
    audit.record(visitor(request), "unknown faces listed")
    start, collection = number_in(request.GET.get("from", "")), collection_of(request)
    found = else_first(
        lambda place: unknown_page(place, start, collection), request.GET.get("before")
    )
    context = {
        "page": found,
        "groups": _shown(found.groups),
        "before": request.GET.get("before", ""),
        **offers(request, request.GET.get("also")),
    }
    return render(request, "faceweb/unknown.html", context)


def _shown(groups: Sequence[Stranger]) -> list[ShownGroup]:
    firsts = [fold[0] for group in groups for fold in group.folds[:MOST_FOLDS]]
    faces = Face.objects.select_related("job").defer("embedding").in_bulk(firsts)
    note_candidates(list(faces.values()))
    return [
        ShownGroup(
            stranger=group,
            shown=[(faces[fold[0]], fold) for fold in group.folds[:MOST_FOLDS] if fold[0] in faces],
            near=_near(group, faces),
        )
        for group in groups
    ]


def _near(group: Stranger, faces: dict[int, Face]) -> Likely | None:
    """Who the group may be: the nearest near miss of its faces."""
    near = [near_miss(faces[fold[0]]) for fold in group.folds if fold[0] in faces]
    return max((one for one in near if one), key=lambda one: one.similarity, default=None)


@require_POST
@page(CHANGE_PERSON)
def merge(request: HttpRequest) -> HttpResponse:
    """Groups become one stranger."""
    groups = request.POST.getlist("group")
    faces = {face for group in groups for face in numbers_in(group)}
    if len(groups) > 1 and faces:
        change = saying.merge_strangers(faces, visitor(request), collection_of(request))
        sentence = f"{len(groups)} groups are one stranger now."
        notes.success(request, sentence, extra_tags=str(change.pk))
    return redirect("unknown")


@require_safe
@page(VIEW_JOB)
def dismissed(request: HttpRequest) -> HttpResponse:
    """Who was dismissed, to be asked for again."""
    start = number_in(request.GET.get("from", ""))
    faces, more = saying.dismissed_page(start, collection_of(request))
    audit.record(visitor(request), "dismissed faces listed")
    context = {"faces": faces, "next": start + saying.PAGE if more else None}
    return render(request, "faceweb/dismissed.html", context)


@require_POST
@page(CHANGE_PERSON)
def again(request: HttpRequest) -> HttpResponse:
    """A dismissed face waits for a name again."""
    for face in Face.objects.filter(
        pk__in=numbers_in(request.POST.get("face", "")), job__collection=collection_of(request)
    ):
        saying.ask_again(face, visitor(request))
    return redirect("dismissed")
