"""People and their examples."""

from typing import Annotated, Literal

from django.http import HttpResponse
from ninja import File, Form, Status
from ninja.files import UploadedFile
from pydantic import Field

from faceweb.access import audit
from faceweb.access.callers import Scope
from faceweb.api.auth import ApiKeyAuth, ApiRequest, people_of
from faceweb.api.problems import Problem, check_batch, none_taken, picture_problem
from faceweb.api.routing import Endpoints
from faceweb.api.shapes import subjects as shapes
from faceweb.api.shapes.fields import PersonName
from faceweb.people.erasure.running import ERASING_GOES_ON, Receipt, soon
from faceweb.people.examples.teaching import taught_each, taught_own_face
from faceweb.people.people_pages import people_after
from faceweb.people.subjects import Learned
from faceweb.replies.threads import run_in_thread

router = Endpoints(auth=ApiKeyAuth(Scope.SUBJECTS), tags=["subjects"])

MOST_PEOPLE = 1_000


@router.get("", response=shapes.SubjectPageOut, summary="Everybody who is enrolled, by name")
def list_people(
    request: ApiRequest,
    after: Annotated[str | None, Field(max_length=64)] = None,
    limit: Annotated[int, Field(ge=1, le=MOST_PEOPLE)] = MOST_PEOPLE,
) -> object:
    """A page of people; give `next` back as `after` for the page behind it."""
    audit.record(request.auth.name, "people listed")
    people_of(request).refresh_rows()
    collection = request.auth.collection
    people, more = people_after(after, limit, collection=collection)
    shown = [{"id": one.pk, "name": one.name, "examples": one.examples} for one in people]
    return {"subjects": shown, "next": more}


FACES = Form("any", description="one: refuse a picture that shows several faces")


@router.post("", response={201: shapes.LearnedOut}, summary="Enrol a person with a picture")
async def add_person(
    request: ApiRequest,
    name: Form[PersonName],
    picture: File[UploadedFile],
    faces: Literal["any", "one"] = FACES,
) -> object:
    """The picture's face becomes the person's first example: the largest that lies within it.

    A name that is taken is refused. `warnings` tell of other faces, and of people who look alike.
    """
    if await run_in_thread(people_of(request).named, name):
        raise Problem(409, f"{name!r} is enrolled already: add an example to them.")
    people = people_of(request)
    return 201, await taught_own_face(request, people, name, picture, only_one_face=faces == "one")


@router.get("/{subject_id}", response=shapes.SubjectOut, summary="One person")
def get_person(request: ApiRequest, subject_id: str) -> object:
    """What they are called now, and how many examples they have."""
    person = people_of(request).get(subject_id)
    audit.record_look(request.auth.name, "person seen", subject_id)
    return person


@router.patch("/{subject_id}", response=shapes.SubjectOut, summary="Rename a person")
def rename_person(request: ApiRequest, subject_id: str, change: shapes.RenameIn) -> object:
    """The id stays, and earlier answers show the new name. A name that another has is a 409."""
    return people_of(request).rename(subject_id, change.name)


@router.post(
    "/{subject_id}/merge", response=shapes.SubjectOut, summary="Merge a person into another"
)
def merge_person(request: ApiRequest, subject_id: str, change: shapes.MergeIn) -> object:
    """All examples go to the other person, who is returned."""
    person, _ = people_of(request).merge(subject_id, change.into)
    return person


ERASING = {200: shapes.ReceiptOut, 202: shapes.ErasingOut}


@router.delete("/{subject_id}", response=ERASING, summary="Erase a person everywhere")
def erase_person(
    request: ApiRequest, response: HttpResponse, subject_id: str, pictures: bool = False
) -> object:
    """Gallery, examples, cut-outs, and every name they had in all answers; with `pictures=true`
    also pictures and videos that show them. The answer is the receipt, also when asked again.

    202 where there is much to erase: it goes on by itself, and `Location` has the receipt then.
    """
    receipt = people_of(request).erase_until(soon(), subject_id, pictures)
    return _receipt_or_later(request, response, subject_id, receipt)


@router.get("/{subject_id}/erasure", response=ERASING, summary="The receipt of an erasing")
def get_erasure(request: ApiRequest, response: HttpResponse, subject_id: str) -> object:
    """202 while the erasing goes on."""
    receipt = people_of(request).receipt(subject_id)
    return _receipt_or_later(request, response, subject_id, receipt)


def _receipt_or_later(
    request: ApiRequest, response: HttpResponse, subject_id: str, receipt: Receipt | None
) -> tuple[int, object]:
    if receipt is not None:
        return 200, receipt
    response["Location"] = request.build_absolute_uri(f"/api/v1/subjects/{subject_id}/erasure")
    response["Retry-After"] = "5"
    return 202, {"subject": subject_id, "detail": ERASING_GOES_ON}


@router.get("/{subject_id}/examples", response=shapes.ExampleListOut, summary="A person's examples")
def list_examples(request: ApiRequest, subject_id: str) -> object:
    """The ids of a person's examples."""
    audit.record_look(request.auth.name, "person seen", subject_id)
    return {"examples": people_of(request).examples(subject_id)}


@router.post("/{subject_id}/examples", response={201: shapes.LearnedOut}, summary="Add an example")
async def add_example(
    request: ApiRequest,
    subject_id: str,
    picture: File[UploadedFile],
    faces: Literal["any", "one"] = FACES,
) -> object:
    """A picture that is an example already is not added again, and `warnings` say so."""
    people = people_of(request)
    person = await run_in_thread(people.get, subject_id)
    return 201, await taught_own_face(
        request, people, person.name, picture, only_one_face=faces == "one"
    )


@router.post(
    "/{subject_id}/examples/batch",
    response={201: shapes.ExamplesOut},
    summary="Add several examples",
)
async def add_examples(
    request: ApiRequest,
    subject_id: str,
    pictures: File[list[UploadedFile]],
    faces: Literal["any", "one"] = FACES,
) -> object:
    """Up to 20 pictures of a person. One that gives no example is among `problems`, and the others
    are added; 422 where none is."""
    check_batch(pictures)
    people = people_of(request)
    person = await run_in_thread(people.get, subject_id)
    found = await taught_each(request, people, person.name, pictures, only_one_face=faces == "one")
    learned = [one for one in found if isinstance(one, Learned)]
    problems = [
        picture_problem(one, place, pictures[place].name or "")
        for place, one in enumerate(found)
        if not isinstance(one, Learned)
    ]
    if not learned:
        raise none_taken(problems)
    warnings = [text for one in learned for text in one.warnings]
    shown = {"id": person.id, "name": person.name, "examples": learned[-1].examples}
    return Status(201, {**shown, "warnings": warnings, "problems": problems})


JPEG = {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}


@router.get(
    "/{subject_id}/examples/{example_id}",
    summary="Download an example's picture",
    openapi_extra={"responses": {200: {"description": "The cut-out face", "content": JPEG}}},
)
def get_example(request: ApiRequest, subject_id: str, example_id: str) -> HttpResponse:
    """The face alone, a JPEG."""
    audit.record_look(request.auth.name, "person's picture seen", subject_id)
    content = people_of(request).picture(subject_id, example_id)
    disposition = 'attachment; filename="example.jpg"'
    return HttpResponse(
        content, content_type="image/jpeg", headers={"Content-Disposition": disposition}
    )


@router.delete("/{subject_id}/examples/{example_id}", response={204: None}, summary="Delete one")
def delete_example(request: ApiRequest, subject_id: str, example_id: str) -> object:
    """A person's last example takes the person along."""
    people_of(request).remove_example(subject_id, example_id)
    return 204, None
