"""The result of statements about faces: sentences with an undo, and the part that shows it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.contrib import messages as notes
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme

from faceweb.models import Change
from faceweb.pages.access import frame_here, job_here, video_here, wants_part
from faceweb.pages.faces.picture import offers, picture_part
from faceweb.pages.forms import uuid_in
from faceweb.pages.watching.parts import frame_part, seen_part
from faceweb.people.faces.shown_faces import listed

MOST_SENTENCES = 2
PHRASES = {
    "nobody": "Nobody knows this face.",
    "no-face": "This is no face.",
    "dismiss": "Dismissed: nobody is asked again who this is, nor who looks like it.",
}


@dataclass(slots=True, kw_only=True)
class Outcome:
    """Changes and examples by sentence, changed faces, refusals, warnings, and who was named
    last."""

    named: dict[str, list[int]] = field(default_factory=dict)
    faces: set[int | None] = field(default_factory=set)
    examples: dict[str, int] = field(default_factory=dict)
    problems: dict[str, None] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    person_id: str | None = None

    def note(self, name: str, changes: Sequence[Change], person_id: str | None = None) -> None:
        """Note what was said under a name: its changes, and who was named."""
        self.named.setdefault(name, []).extend(change.pk for change in changes)
        self.faces |= {change.face_id for change in changes}
        self.person_id = person_id or self.person_id

    def sentence(self, name: str) -> str:
        """What was done under one name, or by one button."""
        faces = len(self.named[name])
        if name in PHRASES.values():
            return name
        if examples := self.examples.get(name, 0):
            known = f"{name} is known now ({examples} example{'s'[: examples != 1]})"
            return f"{known}: {faces} faces." if faces > examples else f"{known}."
        return f"This is {name}." if faces == 1 else f"{faces} faces are {name}."

    def sentences(self) -> list[tuple[str, list[int]]]:
        """Sentences with the changes that each undoes. Many names are one sentence: a phone shows
        no more."""
        if len(self.named) <= MOST_SENTENCES:
            return [(self.sentence(name), changes) for name, changes in self.named.items()]
        changes = [change for some in self.named.values() for change in some]
        return [(f"{listed(list(self.named))} are named: {len(changes)} faces.", changes)]


def answer(request: HttpRequest, outcome: Outcome) -> HttpResponse:
    """Tell what was done, on the part or page that it was said on."""
    for sentence, changes in outcome.sentences():
        notes.success(request, sentence, extra_tags=",".join(map(str, changes)))
    for warning in outcome.warnings:
        notes.warning(request, warning)
    for problem in outcome.problems:
        notes.error(request, problem)
    return shown(request, outcome.person_id)


def shown(request: HttpRequest, also: str | None = None) -> HttpResponse:
    """The picture, where that was asked for, else the page that it was said on."""
    from_part = wants_part(request)
    if picture := request.POST.get("picture", ""):
        job = job_here(request, uuid_in(picture))
        return picture_part(request, job, also) if from_part else redirect(job)
    if frame := request.POST.get("frame", ""):
        seen = frame_here(request, frame)
        return frame_part(request, *seen, also) if from_part else redirect("videos")
    if video := request.POST.get("video", ""):
        found = video_here(request, uuid_in(video))
        return seen_part(request, found, also) if from_part else redirect(found)
    if from_part:
        offered = offers(request, also) if request.POST.get("offer") else {}
        return render(request, "faceweb/said.html", {"in_part": True, **offered})
    back = _path_here(request.POST.get("back", "/"))
    return redirect(f"{back}?also={also}" if also else back)


def _path_here(address: str) -> str:
    """The path of a page of ours; the first page's for anything else."""
    try:
        path = urlsplit(address).path
    except ValueError:
        return "/"
    is_ours = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if is_ours else "/"
