"""Two pictures beside each other: how similar any two of their faces are, and who they may be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

from django.contrib import messages as notes
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from faceweb.access import audit
from faceweb.access.identity import collection_of
from faceweb.access.permissions import ADD_JOB, VIEW_JOB, VIEW_VIDEO
from faceweb.intake.asking import embedded
from faceweb.intake.uploads import Upload, UploadRefused, checked_upload, uploaded_pictures
from faceweb.jobs.pictures import bucket_of
from faceweb.models import Face, Job, JobKind
from faceweb.pages.access import demand, frame_here, page, visitor, wants_part
from faceweb.pages.boxes import ShownFace, boxes_of
from faceweb.pages.forms import numbers_in, uuid_in
from faceweb.people.faces.pairs import NotComparable, Pair, best_pair
from faceweb.people.faces.shown_faces import shown_faces
from faceweb.replies.threads import run_in_thread
from faceweb.videos.pictures import frame_picture
from faceweb.watch.waiting import Waiting, waiting_now
from foundation.config import Settings, get_settings
from foundation.errors import ObjectMissing

SIDES = ("one", "other")
WAIT_SECONDS = 5.0
GONE = "This picture was deleted, so it can't be compared."


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One half of the page: its name in forms, and the picture that was dropped there, if any."""

    name: str
    job: Job | None = None
    boxes: Sequence[ShownFace] = ()
    chosen: int | None = None
    waiting: Waiting | None = None

    @property
    def title(self) -> str:
        """The name of the half."""
        return "First picture" if self.name == "one" else "Second picture"


@require_safe
@page(VIEW_JOB)
def compare(request: HttpRequest) -> HttpResponse:
    """The page, of which scripts take parts; its address says which pictures and faces it shows."""
    return _shown(request, request.GET.dict())


def _shown(request: HttpRequest, wanted: Mapping[str, str]) -> HttpResponse:
    sides = [_side(request, name, wanted) for name in SIDES]
    return render(request, "faceweb/compare.html", {"sides": sides, **_result(sides)})


@require_POST
@page(ADD_JOB)
async def drop(request: HttpRequest, name: str) -> HttpResponse:
    """Take a picture for one half: a file, or one of the history (`picture`)."""
    if name not in SIDES:
        raise Http404
    try:
        collection = await run_in_thread(collection_of, request)
        job = await embedded(request, partial(_upload, request), collection, WAIT_SECONDS)
    except UploadRefused as refusal:
        return await run_in_thread(_refused, request, refusal)
    if wants_part(request):
        return await run_in_thread(_shown, request, {name: str(job.pk)})
    wanted = {**request.POST.dict(), name: str(job.pk), f"{name}_face": ""}
    return redirect(f"{reverse('compare')}?{_query(wanted)}")


def _upload(request: HttpRequest) -> Upload:
    """Raises UploadRefused, PermissionDenied."""
    if files := request.FILES.getlist("inputFile"):
        return uploaded_pictures(request, files[:1], get_settings())[0]
    try:
        return checked_upload(*_stored_picture(request, get_settings()), get_settings())
    except ObjectMissing:
        raise UploadRefused(404, GONE) from None


def _stored_picture(request: HttpRequest, settings: Settings) -> tuple[str, bytes]:
    """Name and content of a picture of the history, or of a frame of a video."""
    if wanted := request.POST.get("frame", ""):
        demand(request, VIEW_VIDEO)
        video, number = frame_here(request, wanted)
        return f"{video.filename}.jpg", frame_picture(video, number, settings)
    demand(request, VIEW_JOB)
    here = Job.objects.filter(collection=collection_of(request))
    picture = here.filter(pk=uuid_in(request.POST.get("picture", ""))).first()
    if picture is None:
        raise UploadRefused(400, "Choose a picture first.")
    return picture.filename, bucket_of(picture, settings).get(picture.input_key)


def _refused(request: HttpRequest, refusal: UploadRefused) -> HttpResponse:
    if wants_part(request):
        return HttpResponse(refusal.sentence, status=refusal.status, content_type="text/plain")
    notes.error(request, refusal.sentence)
    return redirect(f"{reverse('compare')}?{_query(request.POST.dict())}")


def _query(wanted: dict[str, str]) -> str:
    kept = [*SIDES, *(f"{name}_face" for name in SIDES)]
    return urlencode({key: wanted[key] for key in kept if wanted.get(key)})


def _side(request: HttpRequest, name: str, wanted: Mapping[str, str]) -> Side:
    """One half. Only pictures that came to be compared or enrolled have looks to compare."""
    if not wanted.get(name):
        return Side(name=name)
    here = Job.objects.filter(collection=collection_of(request), kind=JobKind.EMBED)
    job = get_object_or_404(here, pk=uuid_in(wanted[name]))
    audit.record_look(visitor(request), "job seen", job.pk)
    return Side(
        name=name,
        job=job,
        boxes=boxes_of(shown_faces(job), job.width),
        chosen=next(iter(numbers_in(wanted.get(f"{name}_face", ""))), None),
        waiting=None if job.is_final else waiting_now(get_settings()),
    )


def _result(sides: Sequence[Side]) -> dict[str, object]:
    """The pair that is compared, or what is missing."""
    jobs = [side.job for side in sides if side.job is not None]
    if len(jobs) < 2:
        return {"missing": ""}
    if not all(job.is_final for job in jobs):
        return {"missing": "The faces are being looked for."}
    faces = [_chosen(side) for side in sides]
    for one, found in zip(sides, faces, strict=True):
        if not found:
            return {"missing": f"{one.title}: no face was found."}
    try:
        pair = best_pair((jobs[0], jobs[1]), faces[0], faces[1])
    except NotComparable as why:
        return {"missing": str(why)}
    return {"pair": pair, "places": _places(pair, sides)}


def _chosen(side: Side) -> list[Face]:
    """The face that was chosen, else all."""
    assert side.job is not None  # noqa: S101 - both halves have a picture
    faces = Face.objects.filter(job=side.job).order_by("number")
    return list(faces if side.chosen is None else faces.filter(number=side.chosen))


def _places(pair: Pair, sides: Sequence[Side]) -> list[int]:
    """The numbers of the compared faces as the page counts them."""
    return [
        next(box.place for box in side.boxes if box.row.number == face.number)
        for side, face in zip(sides, (pair.one, pair.other), strict=True)
    ]
