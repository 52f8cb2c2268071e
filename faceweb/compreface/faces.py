"""Examples, which CompreFace calls faces: add, list, download, delete."""

import math
from collections.abc import Iterable
from typing import Annotated

from django.http import HttpResponse
from ninja import Body, File, Query, Status
from ninja.files import UploadedFile
from pydantic import Field

from faceweb.access import audit
from faceweb.access.callers import Scope
from faceweb.api.auth import ApiKeyAuth, ApiRequest, people_of
from faceweb.api.routing import Endpoints
from faceweb.compreface.errors import NOT_VALID, TOO_MANY_FACES, Refusal, no_face
from faceweb.compreface.image_ids import StoredImage, image_id, some_images, stored_image
from faceweb.compreface.queries import LEAST_PROBABILITY, answered
from faceweb.models import Job
from faceweb.people import expected_people
from faceweb.people.examples.checking import sure_faces
from faceweb.people.examples.teaching import embedded_once
from faceweb.people.faces.likeness import looks_of
from faceweb.people.subjects import Learned, NoSuchSubject, Subjects
from faceweb.replies.threads import run_in_thread
from recognition.gallery.gallery import Person, example_id
from recognition.gallery.names import clean_name, name_key

router = Endpoints(auth=ApiKeyAuth(Scope.SUBJECTS))

MANY_FACES = "There is more than one face in the given image"
MOST_AT_ONCE = 1_000
PROBABILITY = Query(LEAST_PROBABILITY, ge=0.0, le=1.0)


@router.post("", response={201: dict})
@router.post("/", response={201: dict})
async def add_example(
    request: ApiRequest,
    file: File[UploadedFile],
    subject: Annotated[str, Field(max_length=500)],
    det_prob_threshold: float = PROBABILITY,
) -> object:
    """For a picture that is an example already, the answer names that example."""
    if not subject.strip():
        raise Refusal(NOT_VALID, "Subject name is empty")
    name, people = clean_name(subject), people_of(request)
    examples: list[str] = []

    def learn(job: Job) -> Learned:
        examples.append(_example_of(job, det_prob_threshold))
        return people.learn(job, 0, name)

    learned = await embedded_once(request, file, learn, people.collection)
    await run_in_thread(expected_people.forget, name, people.collection)
    made = image_id(learned.id, learned.example or examples[0])
    return Status(201, {"image_id": made, "subject": subject})


def _example_of(job: Job, least_probability: float) -> str:
    """The id that the picture's one face has as an example. Raises Refusal."""
    faces = [face for face in answered(job).faces.all() if face.probability >= least_probability]
    if not faces:
        raise no_face()
    if sure_faces(faces) > 1:
        raise Refusal(TOO_MANY_FACES, MANY_FACES)
    return example_id(looks_of(faces[0].embedding))


@router.get("")
@router.get("/")
def list_examples(
    request: ApiRequest,
    page: Annotated[int, Field(ge=0)] = 0,
    size: Annotated[int, Field(ge=1, le=MOST_AT_ONCE)] = 20,
    subject: str | None = None,
) -> object:
    """A page of everybody's examples, or of one person's."""
    audit.record(request.auth.name, "people listed")
    people = people_of(request)
    chosen = _by_name(people, subject)
    found = some_images(people.gallery(), chosen, page * size, size)
    total = sum(person.examples for person in chosen)
    return {
        "faces": [one.as_json() for one in found],
        "page_number": page,
        "page_size": size,
        "total_pages": math.ceil(total / size),
        "total_elements": total,
    }


def _by_name(people: Subjects, subject: str | None) -> list[Person]:
    """Everybody, or who has this name."""
    gallery = people.gallery()
    if gallery is None:
        return []
    if subject:
        person = gallery.person_named(subject)
        return [person] if person else []
    return sorted(gallery.people.values(), key=lambda one: (name_key(one.name), one.id))


@router.get("/{image_id}/img")
def get_picture(request: ApiRequest, image_id: str) -> HttpResponse:
    """The cut-out face; empty where none was kept, as CompreFace answers."""
    people = people_of(request)
    stored = stored_image(people, image_id)
    audit.record_look(request.auth.name, "person's picture seen", stored.person.id)
    try:
        content = people.picture(stored.person.id, stored.example)
    except NoSuchSubject:
        content = b""
    return HttpResponse(content, content_type="application/octet-stream")


@router.delete("")
@router.delete("/")
def remove_all(request: ApiRequest, subject: str | None = None) -> object:
    """All examples of somebody, or of everybody."""
    people = people_of(request)
    chosen = _by_name(people, subject)
    total = sum(person.examples for person in chosen)
    _remove(people, some_images(people.gallery(), chosen, 0, total))
    return {"deleted": total}


@router.post("/delete")
def remove_several(
    request: ApiRequest, image_ids: Body[Annotated[list[str], Field(max_length=MOST_AT_ONCE)]]
) -> object:
    """Ids of no example are passed over, as CompreFace does."""
    people, found = people_of(request), []
    for one in image_ids:
        try:
            found.append(stored_image(people, one))
        except Refusal:
            continue
    return _remove(people, found)


@router.delete("/{image_id}")
def remove_example(request: ApiRequest, image_id: str) -> object:
    """Remove one example, and answer which it was."""
    people = people_of(request)
    [removed] = _remove(people, [stored_image(people, image_id)])
    return removed


def _remove(people: Subjects, images: Iterable[StoredImage]) -> list[dict[str, str]]:
    """Remove examples. A subject stays without any, as an expected person."""
    removed = []
    for image in images:
        people.remove_example(image.person.id, image.example)
        if people.named(image.person.name) is None:
            expected_people.expect(image.person.name, people.collection)
        removed.append(image.as_json())
    return removed
