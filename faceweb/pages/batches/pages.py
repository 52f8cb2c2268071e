"""The pages of batches: begin one, send a picture to it, look, cancel, try again, export."""

import uuid
from contextlib import suppress

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from faceweb.access import audit
from faceweb.access.identity import collection_of
from faceweb.access.permissions import ADD_JOB, VIEW_JOB
from faceweb.intake.submission import submit
from faceweb.intake.uploads import UploadRefused, read_upload
from faceweb.jobs.departures import send_task
from faceweb.jobs.history import NotOpen, cancel
from faceweb.jobs.rerun import CantRunAgain, run_again
from faceweb.models import Batch, JobState
from faceweb.pages.access import page, visitor
from faceweb.pages.batches.rows import PAGE, as_csv, as_json, pictures_of, progress_of
from faceweb.pages.forms import number_in
from foundation.aws.storage import in_bucket
from foundation.config import get_settings
from foundation.errors import NameTaken

MOST_PICTURES = 500


@require_POST
@page(ADD_JOB)
def begin(request: HttpRequest) -> HttpResponse:
    """A new batch; its pictures follow, one a request."""
    expected = min(number_in(request.POST.get("expected", "")), MOST_PICTURES)
    actor = visitor(request)
    batch = Batch.objects.create(
        actor=actor, made_at=timezone.now(), expected=expected, collection_id=collection_of(request)
    )
    audit.record(actor, "batch begun", batch.pk, pictures=expected)
    return JsonResponse({"url": batch.get_absolute_url()}, status=201)


def _batch(request: HttpRequest, batch_id: uuid.UUID) -> Batch:
    return get_object_or_404(Batch, pk=batch_id, collection=collection_of(request))


@require_POST
@page(ADD_JOB)
def add(request: HttpRequest, batch_id: uuid.UUID) -> HttpResponse:
    """Take one picture, and do not wait for its answer. 413 once the batch is full."""
    batch = _batch(request, batch_id)
    if batch.pictures.count() >= MOST_PICTURES:
        full = f"A batch has {MOST_PICTURES} pictures at most."
        return HttpResponse(full, status=413, content_type="text/plain")
    settings = get_settings()
    try:
        upload = read_upload(request, settings)
        job = submit(
            upload, uuid.uuid4(), in_bucket(settings), send_task,
            collection=collection_of(request),
        )  # fmt: skip
    except (UploadRefused, NameTaken) as refusal:
        filename = request.POST.get("filename", "")[:255]
        batch.pictures.create(filename=filename, problem=str(refusal)[:500])
        return HttpResponse(status=204)
    batch.pictures.create(job=job)
    return HttpResponse(status=204)


@require_safe
@page(VIEW_JOB)
def batch(request: HttpRequest, batch_id: uuid.UUID) -> HttpResponse:
    """The page, which asks again for its part that changes."""
    shown = _batch(request, batch_id)
    first = number_in(request.GET.get("from", ""))
    context = {
        "batch": shown,
        "progress": progress_of(shown),
        "rows": pictures_of(shown, first, PAGE),
        "first": first,
        "next": first + PAGE,
        "before": max(first - PAGE, 0),
    }
    audit.record_look(visitor(request), "batch seen", shown.pk)
    return render(request, "faceweb/batch.html", context)


@require_POST
@page(ADD_JOB)
def change(request: HttpRequest, batch_id: uuid.UUID) -> HttpResponse:
    """Cancel what is open, or try again what failed."""
    changed = _batch(request, batch_id)
    rows = changed.pictures.select_related("job")
    jobs = [(row, row.job) for row in rows if row.job is not None]
    if request.POST.get("do") == "cancel":
        for _, job in jobs:
            with suppress(NotOpen):
                cancel(job)
        Batch.objects.filter(pk=changed.pk).update(expected=rows.count())
    else:
        failed = (JobState.FAILED, JobState.CANCELLED)
        for row, job in [one for one in jobs if one[1].state in failed]:
            with suppress(CantRunAgain):
                row.job = run_again(job, send_task)
                row.save(update_fields=["job"])
    audit.record(visitor(request), "batch changed", changed.pk, do=request.POST.get("do", ""))
    return redirect(changed)


@require_safe
@page(VIEW_JOB)
def export(request: HttpRequest, batch_id: uuid.UUID, form: str) -> HttpResponse:
    """The results as CSV or JSON."""
    exported = _batch(request, batch_id)
    audit.record(visitor(request), "batch exported", exported.pk, form=form)
    rows = pictures_of(exported)
    answer: HttpResponse
    if form == "csv":
        answer = HttpResponse(as_csv(rows), content_type="text/csv; charset=utf-8")
    else:
        answer = JsonResponse({"pictures": as_json(rows)})
    answer["Content-Disposition"] = f'attachment; filename="pictures.{form}"'
    return answer
