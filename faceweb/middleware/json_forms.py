"""A JSON body with pictures is read as a form, so every address that takes one takes the other."""

import json

from django.conf import settings as django_settings
from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.decorators import async_only_middleware

from faceweb.api.problems import problem
from faceweb.intake.sent_pictures import FIELDS, sent_picture
from faceweb.middleware import GetResponse
from faceweb.replies.threads import run_in_thread
from foundation.config import get_settings

API = "/api/v1/"
JSON = "application/json"
SMALL_BYTES = 64 * 1024
"""A larger body is parsed in a thread: the event loop would do nothing else meanwhile."""


@async_only_middleware
def read_json_forms(get_response: GetResponse) -> GetResponse:
    """Read a JSON body of the API as a form, before the view sees it."""

    async def middleware(request: HttpRequest) -> HttpResponseBase:
        is_json = request.method == "POST" and request.content_type == JSON
        if is_json and request.path.startswith(API) and (refused := await _read(request)):
            return refused
        return await get_response(request)

    return middleware


async def _read(request: HttpRequest) -> HttpResponse | None:
    """Take the body as Django takes a form. Returns the refusal of one that is too large."""
    size = int(request.META.get("CONTENT_LENGTH") or 0)
    try:
        if size > SMALL_BYTES:
            await run_in_thread(fill_form, request)
        else:
            fill_form(request)
    except (TooManyFilesSent, RequestDataTooBig):
        return problem(413, "The request is too large, or has too many pictures.")
    return None


def fill_form(request: HttpRequest) -> None:
    """Fill the request's fields and files from its JSON body. A body that is no object of pictures
    stays as it is, and the view refuses it.

    Django's limit of a body holds for what has no pictures: `faceweb.server.admission` has bounded
    the others. Raises TooManyFilesSent, RequestDataTooBig.
    """
    request._body = body = request.read()  # noqa: SLF001
    try:
        values = json.loads(body)
    except (ValueError, RecursionError):
        values = None
    if isinstance(values, dict) and FIELDS & values.keys():
        request._post, request._files = form_of(values)  # type: ignore[attr-defined]  # noqa: SLF001
    elif len(body) > (django_settings.DATA_UPLOAD_MAX_MEMORY_SIZE or len(body)):
        raise RequestDataTooBig


def form_of(values: dict[str, object]) -> tuple[QueryDict, MultiValueDict[str, UploadedFile]]:
    """The fields and the files of a JSON object. Raises TooManyFilesSent."""
    fields, files = QueryDict(mutable=True), MultiValueDict[str, UploadedFile]()
    settings = get_settings()
    for name, value in values.items():
        several = value if isinstance(value, list) else [value]
        if name in FIELDS and several:
            files.setlist(name, [sent_picture(one, settings) for one in several])
        elif name not in FIELDS and value is not None:
            fields.setlist(name, [_text(one) for one in several])
    most = django_settings.DATA_UPLOAD_MAX_NUMBER_FILES
    if most is not None and sum(map(len, map(files.getlist, files))) > most:
        raise TooManyFilesSent
    return fields, files


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
