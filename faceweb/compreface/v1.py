"""CompreFace's API put together. Its own documentation describes it, so it has no pages here."""

from ninja import NinjaAPI

from faceweb.api import problems
from faceweb.compreface import embeddings, errors, faces, recognition, subjects
from faceweb.compreface.queries import TolerantParser

api = NinjaAPI(
    title="CompreFace's API",
    urls_namespace="compreface",
    docs_url=None,
    openapi_url=None,
    parser=TolerantParser(),
)
problems.register(api, errors.answer)
api.add_router("", recognition.router)
api.add_router("", embeddings.router)
api.add_router("/recognition/subjects", subjects.router)
api.add_router("/recognition/faces", faces.router)
