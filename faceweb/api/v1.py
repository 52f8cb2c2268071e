"""The API put together: routers, errors, description."""

from faceweb.api import collections, fleet, jobs, problems, recognition, subjects, uploads, videos
from faceweb.api.openapi import DescribedAPI

DESCRIPTION = """
Send pictures, learn who is in them. Errors are problem details (RFC 9457).

* **Keys:** the header `X-API-Key`. On a machine of your own no key is asked for, unless
  REQUIRE_API_KEY is set. A key's rate limit answers 429 with `Retry-After`.
* **Pictures** come as a multipart form or as JSON: base64, an address, or a key in a bucket.
* **Collections:** a request works in one. `?collection=NAME` says which, where the key may use
  several; without it that is the key's own, or the default one.
* **Sent twice?** Give a POST the header `Idempotency-Key`: the same request with the same key
  gets the first one's answer for a day, and nothing is done twice.
"""

api = DescribedAPI(
    title="Elastic face recognition", version="1", description=DESCRIPTION, urls_namespace="api"
)
problems.register(api, problems.answer)
api.add_router("", recognition.router)
api.add_router("", uploads.router)
api.add_router("/jobs", jobs.router)
api.add_router("/videos", videos.router)
api.add_router("/subjects", subjects.router)
api.add_router("/collections", collections.router)
api.add_router("", fleet.router)
