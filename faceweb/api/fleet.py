"""Fleet, gallery and model: to look at."""

from faceweb.access.callers import Scope
from faceweb.api.auth import ApiKeyAuth, ApiRequest
from faceweb.api.problems import Problem
from faceweb.api.routing import Endpoints
from faceweb.api.shapes.fleet import FleetOut, GalleryOut
from faceweb.people.opened_gallery import opened_gallery
from faceweb.people.threshold import threshold_in_force
from faceweb.watch.fleet_view import fleet_now
from foundation.aws.storage import gallery_files
from foundation.config import get_settings

router = Endpoints(auth=ApiKeyAuth(Scope.FLEET), tags=["fleet"])


@router.get("/fleet", response=FleetOut, summary="Queues, instances, last decisions")
def get_fleet(request: ApiRequest) -> object:
    """A team's key sees none of it: it tells of everybody's pictures."""
    caller = request.auth
    if caller.team is not None or caller.bound:
        raise Problem(403, "The fleet is the system's, and this key is a team's.")
    return fleet_now(get_settings())


@router.get("/gallery", response=GalleryOut, summary="The gallery, and the model that made it")
def get_gallery(request: ApiRequest) -> object:
    """The collection's gallery. Its version changes with each change of its people."""
    settings = get_settings()
    collection = request.auth.collection
    found = opened_gallery(gallery_files(settings, collection))
    if found is None:
        return {"model": None, "version": None, "people": 0, "examples": 0, "dimension": None}
    threshold = threshold_in_force(found, settings, collection)
    return {
        "model": found.model,
        "version": found.version,
        "people": len(found.people),
        "examples": found.example_count,
        "dimension": found.dimension,
        "threshold": threshold and threshold.distance,
        "threshold_reason": threshold and threshold.why,
    }
