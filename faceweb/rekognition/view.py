"""The address that AWS's SDKs call: one for all operations, whose name is in a header."""

from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction

import structlog
from botocore.exceptions import BotoCoreError, ClientError
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from faceweb.access.callers import Scope
from faceweb.rekognition.call import Answer, Call
from faceweb.rekognition.errors import Refusal, answer, answer_of, broken, no_access
from faceweb.rekognition.members import fitting, members_of, operation_named
from faceweb.rekognition.operations import collections, faces, people, searching, users
from faceweb.rekognition.signed import caller_of_signature
from faceweb.replies.leases import LeaseTaken
from faceweb.replies.threads import run_in_thread
from foundation.config import get_settings
from recognition.errors import GalleryError

log = structlog.get_logger()

SERVICE = "RekognitionService."
OPERATIONS: dict[str, tuple[Scope, Callable[[Call], Answer | Awaitable[Answer]]]] = {
    "AssociateFaces": (Scope.SUBJECTS, users.associate_faces),
    "CompareFaces": (Scope.RECOGNISE, faces.compare_faces),
    "CreateCollection": (Scope.COLLECTIONS, collections.create_collection),
    "CreateUser": (Scope.SUBJECTS, people.create_user),
    "DeleteCollection": (Scope.COLLECTIONS, collections.delete_collection),
    "DeleteFaces": (Scope.SUBJECTS, faces.delete_faces),
    "DeleteUser": (Scope.SUBJECTS, people.delete_user),
    "DescribeCollection": (Scope.RECOGNISE, collections.describe_collection),
    "DetectFaces": (Scope.RECOGNISE, faces.detect_faces),
    "DisassociateFaces": (Scope.SUBJECTS, users.disassociate_faces),
    "IndexFaces": (Scope.SUBJECTS, faces.index_faces),
    "ListCollections": (Scope.RECOGNISE, collections.list_collections),
    "ListFaces": (Scope.RECOGNISE, collections.list_faces),
    "ListUsers": (Scope.RECOGNISE, people.list_users),
    "SearchFaces": (Scope.RECOGNISE, searching.search_faces),
    "SearchFacesByImage": (Scope.RECOGNISE, searching.search_faces_by_image),
    "SearchUsers": (Scope.RECOGNISE, searching.search_users),
    "SearchUsersByImage": (Scope.RECOGNISE, searching.search_users_by_image),
}


@csrf_exempt
async def rekognition(request: HttpRequest) -> HttpResponse:
    """One operation; every error is one of Rekognition's exceptions."""
    try:
        return answer(await _answered(request))
    except Refusal as refusal:
        return answer_of(refusal)
    except GalleryError as error:
        return answer_of(Refusal("ServiceQuotaExceededException", str(error)))
    except (LeaseTaken, BotoCoreError, ClientError, DatabaseError, TimeoutError) as error:
        log.error("rekognition_unavailable", error=type(error).__name__)
        sentence = "Storage or database do not answer, or are busy. Send the request again."
        return answer_of(Refusal("ThrottlingException", sentence))
    except Exception as error:
        log.exception("rekognition_failed", exc_info=error)
        return answer_of(broken())


async def _answered(request: HttpRequest) -> Answer:
    if request.method != "POST":
        raise Refusal("UnknownOperationException", "POST an operation here.", 405)
    body = request.read()
    caller = await run_in_thread(caller_of_signature, request, body)
    request.auth = caller  # type: ignore[attr-defined]
    name = request.headers.get("X-Amz-Target", "").removeprefix(SERVICE)
    operation = await run_in_thread(operation_named, name)
    if operation is None:
        raise Refusal("UnknownOperationException", "Rekognition has no such operation.")
    if name not in OPERATIONS:
        sentence = f"{name} is not offered here: only operations on faces and collections are."
        raise no_access(sentence)
    scope, work = OPERATIONS[name]
    if scope not in caller.scopes:
        raise no_access(f"This access key lacks the scope {scope}.")
    members = await run_in_thread(members_of, operation, body)
    call = Call(request=request, caller=caller, members=members, settings=get_settings())
    found = work(call) if iscoroutinefunction(work) else await run_in_thread(work, call)
    if isinstance(found, Awaitable):
        found = await found
    return fitting(operation, found)
