"""The contract: `POST /` takes a picture and answers a name, `GET /jobs/<id>` tells a job."""

import asyncio
import uuid

import structlog
from botocore.exceptions import BotoCoreError, ClientError
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from faceweb.access import audit
from faceweb.access.identity import CallerRefused, ask_contract, collection_of
from faceweb.access.permissions import ADD_JOB, VIEW_JOB
from faceweb.intake.answering import accepted, store_picture
from faceweb.intake.names import answer_name
from faceweb.intake.uploads import UploadRefused
from faceweb.jobs.batches import latest_batches
from faceweb.models import Job
from faceweb.pages.access import may, page, visitor
from faceweb.pages.faces.picture import picture_context
from faceweb.people.faces.shown_faces import answers_now, job_json, load_faces
from faceweb.replies import response_path
from faceweb.replies.responses import JobOutcome
from faceweb.replies.threads import run_in_thread
from faceweb.server.handler import ended_by_leaving
from faceweb.watch.waiting import waiting_json, waiting_now
from foundation import messages
from foundation.config import get_settings
from foundation.errors import NameTaken

log = structlog.get_logger()

AWAY = "The picture {} taken, because storage does not answer. Send it again in a moment."


@csrf_exempt
async def home(request: HttpRequest) -> HttpResponseBase:
    """`POST /` is the contract: a picture in `inputFile`, `<filename>:<result>` out."""
    if request.method == "POST":
        return await _recognise(request)
    if request.method in ("GET", "HEAD"):
        return await _home_page(request)
    return _sentence(405, "POST a picture here, or GET the page.", Allow="GET, HEAD, POST")


@page(None)
def _home_page(request: HttpRequest) -> HttpResponse:
    collection = collection_of(request)
    newest = Job.objects.filter(kind="recognise", collection=collection)
    jobs = answers_now(newest[:14]) if may(request, VIEW_JOB) else []
    batches = latest_batches(collection) if may(request, VIEW_JOB) else []
    context = {"jobs": jobs, "batches": batches, "settings": get_settings()}
    return render(request, "faceweb/home.html", context)


async def _recognise(request: HttpRequest) -> HttpResponse:
    """Take the picture, wait for its answer without holding a thread, and give it."""
    try:
        collection = await ask_contract(request, ADD_JOB)
    except CallerRefused as refusal:
        return _sentence(refusal.status, refusal.sentence, **refusal.headers)
    settings = get_settings()
    job_id = uuid.uuid4()
    with response_path.running().waiters.waiting_for(job_id) as outcome:
        try:
            [job] = await accepted(
                lambda ids: [store_picture(request, ids[0], collection)], [job_id]
            )
        except UploadRefused as refusal:
            return _sentence(refusal.status, refusal.sentence)
        except NameTaken as error:
            return _sentence(409, f"The picture can't be stored: {error}. Give it another name.")
        except (BotoCoreError, ClientError, DatabaseError, TimeoutError) as error:
            log.error("picture_not_accepted", job_id=str(job_id), error=repr(error))
            how = "may not have been" if isinstance(error, TimeoutError) else "was not"
            return _sentence(503, AWAY.format(how), **{"Retry-After": "5"})
        with ended_by_leaving(request, [outcome]):
            await asyncio.wait([outcome], timeout=settings.result_timeout_seconds)
        if not outcome.done() or outcome.cancelled():
            return await _not_yet(request, job)
        finished = outcome.result()
    if finished is None:
        return _stopping(request, job)
    return _answer(request, job, finished)


def _answer(request: HttpRequest, job: Job, outcome: JobOutcome) -> HttpResponse:
    where = _page_of(request, job)
    if outcome.state == messages.SUCCEEDED:
        name = answer_name(job.filename, get_settings().reply_filename)
        return _sentence(200, f"{name}:{outcome.result}", Location=where)
    status = 502 if outcome.error_kind == messages.INTERNAL_ERROR else 422
    return _sentence(status, f"{outcome.error} See {where}", Location=where)


async def _not_yet(request: HttpRequest, job: Job) -> HttpResponse:
    where = _page_of(request, job)
    try:
        why = (await run_in_thread(waiting_now, get_settings())).sentence
    except (DatabaseError, TimeoutError):
        why = "Nobody can tell why just now."
    return _sentence(504, f"No answer yet. {why} It will be at {where}", Location=where)


def _stopping(request: HttpRequest, job: Job) -> HttpResponse:
    where = _page_of(request, job)
    text = f"This server stops; the picture is safe. Its answer will be at {where}"
    return _sentence(503, text, Location=where)


def _page_of(request: HttpRequest, job: Job) -> str:
    return f"{request.scheme}://{request.get_host()}{job.get_absolute_url()}"


def _sentence(status: int, text: str, **headers: str) -> HttpResponse:
    return HttpResponse(
        f"{text}\n".encode(),
        status=status,
        content_type="text/plain; charset=utf-8",
        headers=headers,
    )


@require_safe
async def job_detail(request: HttpRequest, job_id: uuid.UUID) -> HttpResponseBase:
    """One job: a page for browsers, JSON for all others."""
    is_page = "text/html" in request.headers.get("Accept", "")
    try:
        collection = await (
            run_in_thread(collection_of, request) if is_page else ask_contract(request, VIEW_JOB)
        )
        job = await run_in_thread(_job, job_id, collection)
        shown = None if is_page or job is None else await run_in_thread(_job_json, job)
    except CallerRefused as refusal:
        return JsonResponse(
            {"error": refusal.sentence}, status=refusal.status, headers=refusal.headers
        )
    except DatabaseError as error:
        log.error("job_unseen", job_id=str(job_id), error=str(error))
        sentence = "The database does not answer. Ask again in a moment."
        return JsonResponse({"error": sentence}, status=503, headers={"Retry-After": "5"})
    if job is None and is_page:
        raise Http404
    if job is None:
        return JsonResponse({"error": f"There is no job {job_id}."}, status=404)
    if is_page:
        return await _job_page(request, job)
    return JsonResponse(shown)


def _job(job_id: uuid.UUID, collection: str) -> Job | None:
    found = list(Job.objects.filter(pk=job_id, collection=collection))
    load_faces(found)
    return found[0] if found else None


def _job_json(job: Job) -> dict[str, object]:
    return {**job_json(job), "waiting": waiting_json(job, get_settings())}


@page(VIEW_JOB)
def _job_page(request: HttpRequest, job: Job) -> HttpResponse:
    audit.record_look(visitor(request), "job seen", job.pk)
    context = picture_context(request, job, request.GET.get("also"))
    return render(request, "faceweb/job.html", context)
