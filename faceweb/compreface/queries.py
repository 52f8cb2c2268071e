"""What the requests of CompreFace's clients ask for, checked."""

from typing import Annotated

from django.http import HttpRequest, QueryDict
from django.utils.datastructures import MultiValueDict
from ninja import Query, Schema
from ninja.parser import Parser
from pydantic import Field

from faceweb.access.callers import Scope
from faceweb.api.auth import ApiRequest
from faceweb.compreface.errors import UNDEFINED, WRONG_ARGUMENT, Refusal, no_face
from faceweb.compreface.shapes import CALCULATOR, plugins_of, sure_of
from faceweb.models import Face, Job, JobState
from faceweb.people.faces.shown_faces import shown_faces
from foundation import messages

LEAST_PROBABILITY = 0.8
"""CompreFace's own default of det_prob_threshold."""


class RequestIn(Schema):
    """The parameters that all questions about a picture have."""

    limit: Annotated[int, Field(ge=0)] = 0
    det_prob_threshold: Annotated[float, Field(ge=0.0, le=1.0)] = LEAST_PROBABILITY
    face_plugins: Annotated[str, Field(max_length=200)] = ""
    status: bool = False
    detect_faces: bool = True

    @property
    def plugins(self) -> frozenset[str]:
        """The plugins that are asked for."""
        return plugins_of(self.face_plugins)

    @property
    def embeddings(self) -> bool | None:
        """The option of a task: None where they are not asked for."""
        return CALCULATOR in self.plugins or None


RequestQuery = Query[RequestIn]


class TolerantParser(Parser):
    """Reads `?a=1?b=2` as `?a=1&b=2`: CompreFace's client for JavaScript joins options so."""

    def parse_querydict(
        self, data: MultiValueDict, list_fields: list[str], request: HttpRequest
    ) -> dict[str, object]:
        """Read parameters that a second `?` joins, as CompreFace's clients send them."""
        if data is request.GET and "?" in request.META.get("QUERY_STRING", ""):
            data = QueryDict(request.META["QUERY_STRING"].replace("?", "&"))
        return super().parse_querydict(data, list_fields, request)


def check(request: ApiRequest, query: RequestIn) -> None:
    """Raises Refusal for what this system or the request's key can't do."""
    if not query.detect_faces:
        raise Refusal(WRONG_ARGUMENT, "detect_faces=false is not possible here: leave it out")
    may = Scope.EMBEDDINGS in request.auth.scopes
    if query.embeddings and not may:
        sentence = f"This key may not: it lacks the scope {Scope.EMBEDDINGS}"
        raise Refusal(UNDEFINED, sentence, 403)


def answered(job: Job) -> Job:
    """The job, which has succeeded. Raises Refusal."""
    if job.error_kind == messages.NO_SUCH_FACE:
        raise no_face()
    if job.state == JobState.SUCCEEDED:
        return job
    if not job.is_final:
        raise Refusal(UNDEFINED, "No worker answered in time, please try again", 504)
    status = 500 if job.error_kind == messages.INTERNAL_ERROR else 400
    raise Refusal(UNDEFINED, job.error, status)


def found_faces(job: Job, query: RequestIn) -> list[Face]:
    """The faces that the answer is about. Raises Refusal where there is none."""
    faces = sure_of(shown_faces(answered(job)), query.det_prob_threshold, query.limit)
    if not faces:
        raise no_face()
    return faces
