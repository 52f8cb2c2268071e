"""Errors as pages, where a browser shows them: a title, the sentence, and what to do next.

Views and middleware answer with a sentence as plain text, which programs get as it is. The page
asks neither database nor session: one of them may be what is wrong.
"""

from dataclasses import dataclass
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.utils.decorators import async_only_middleware

from faceweb.api.problems import problem
from faceweb.middleware import GetResponse

API = "/api/"


@dataclass(frozen=True, slots=True)
class Page:
    """A title, what to say where no sentence came, and whether asking again may help."""

    title: str
    sentence: str
    again: bool = False


PAGES = {
    400: Page("This request can't be read", "Go back, and send it again."),
    403: Page("Not allowed", "An administrator can give you the role for it."),
    404: Page("There is nothing here", "It may have been deleted, or erased."),
    405: Page("This address is not for that", "Go back to the page that led here."),
    408: Page("Too slow", "The request did not come in time.", again=True),
    409: Page("That is taken", "Give it another name."),
    413: Page("Too large", "Send something smaller."),
    415: Page("Not a picture", "Send a JPEG, PNG or another picture."),
    422: Page("No answer for this picture", "Send another one."),
    429: Page("Too many requests", "Wait a moment.", again=True),
    500: Page("This is our fault", "It was written to the log."),
    502: Page("Something went wrong with this picture", "It was written to the log."),
    503: Page("Not now", "Something that we need does not answer.", again=True),
    504: Page("No answer yet", "It is safe, and will be answered.", again=True),
}


@async_only_middleware
def error_pages(get_response: GetResponse) -> GetResponse:
    """Dress an error's sentence for a browser."""

    async def middleware(request: HttpRequest) -> HttpResponseBase:
        response = await get_response(request)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and request.path.startswith(API):
            return wrong_method(response["Allow"])
        if response.status_code < 400 or not shows_pages(request):
            return response
        return dressed(request, response)

    return middleware


def wrong_method(allowed: str) -> HttpResponse:
    """The problem of the API's clients; django-ninja answers with words."""
    return problem(405, f"This address takes {allowed} alone.", {"Allow": allowed})


def shows_pages(request: HttpRequest) -> bool:
    """True for a browser that goes to an address; not for scripts, pictures, programs."""
    accepts = request.headers.get("Accept", "")
    return "text/html" in accepts and "HX-Request" not in request.headers


def dressed(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Return a page in place of a sentence, with its status and headers."""
    page = PAGES.get(response.status_code)
    if page is None or not isinstance(response, HttpResponse) or not is_bare(response):
        return response
    context = {
        "page": page,
        "sentence": response.content.decode(errors="replace").strip() or page.sentence,
        "status": response.status_code,
        "wait": response.get("Retry-After", ""),
        "address": request.get_full_path() if request.method == "GET" else "",
    }
    response.content = render_to_string("faceweb/error.html", context).encode()
    response["Content-Type"] = "text/html; charset=utf-8"
    if response.has_header("Content-Length"):
        response["Content-Length"] = str(len(response.content))
    return response


def is_bare(response: HttpResponse) -> bool:
    """True for a sentence as plain text, and for nothing at all."""
    return not response.content or response.get("Content-Type", "").startswith("text/plain")
