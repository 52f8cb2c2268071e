"""Subjects: CompreFace's word for people."""

from typing import Annotated

from ninja import Schema, Status
from pydantic import Field

from faceweb.access import audit
from faceweb.access.callers import Scope
from faceweb.api.auth import ApiKeyAuth, ApiRequest, people_of
from faceweb.api.routing import Endpoints
from faceweb.compreface.errors import NOT_VALID, SUBJECT_EXISTS, Refusal, no_subject
from faceweb.people import expected_people
from faceweb.people.erasure.running import soon
from faceweb.people.subjects import Subjects
from recognition.gallery.names import clean_name, name_key

router = Endpoints(auth=ApiKeyAuth(Scope.SUBJECTS))


class SubjectIn(Schema):
    """A person's name, as it was sent."""

    subject: Annotated[str, Field(max_length=500)]

    def name(self) -> str:
        """Raises Refusal, NameRefused."""
        if not self.subject.strip():
            raise Refusal(NOT_VALID, "Subject name is empty")
        return clean_name(self.subject)


@router.get("")
@router.get("/")
def list_subjects(request: ApiRequest) -> object:
    """The names of everybody."""
    audit.record(request.auth.name, "people listed")
    return {"subjects": _names(people_of(request))}


@router.post("", response={201: dict})
@router.post("/", response={201: dict})
def add_subject(request: ApiRequest, body: SubjectIn) -> object:
    """A person without pictures yet: an expected one."""
    name = body.name()
    if name_key(name) in map(name_key, _names(people_of(request))):
        raise Refusal(SUBJECT_EXISTS, "Subject already exists")
    expected_people.expect(name, people_of(request).collection)
    return Status(201, {"subject": name})


@router.put("/{path:subject}")
def rename_subject(request: ApiRequest, subject: str, body: SubjectIn) -> object:
    """Somebody who gets a name that is taken becomes that person."""
    new, people = body.name(), people_of(request)
    person, holder = people.named(subject), people.named(new)
    if person is None:
        if not expected_people.forget(subject, people.collection):
            raise no_subject(subject)
        if holder is None:
            expected_people.expect(new, people.collection)
    elif holder is not None and holder.id != person.id:
        people.merge(person.id, holder.id)
    else:
        people.rename(person.id, new)
        expected_people.forget(new, people.collection)
    return {"updated": True}


@router.delete("")
@router.delete("/")
def erase_all(request: ApiRequest) -> object:
    """Erase everybody, and answer how many they were."""
    people, until = people_of(request), soon()
    names = _names(people)
    for name in names:
        _erase(people, name, until)
    return {"deleted": len(names)}


@router.delete("/{path:subject}")
def erase_subject(request: ApiRequest, subject: str) -> object:
    """They are erased as by our own API: everywhere."""
    name = _erase(people_of(request), subject, soon())
    if name is None:
        raise no_subject(subject)
    return {"subject": name}


def _erase(people: Subjects, name: str, until: float) -> str | None:
    """Erase who has the name, and return it; None where nobody has. Work that is not done at
    `until` goes on by itself."""
    person = people.named(name)
    if person is None:
        return expected_people.forget(name, people.collection)
    expected_people.forget(person.name, people.collection)
    people.erase_until(until, person.id)
    return person.name


def _names(people: Subjects) -> list[str]:
    """Everybody: enrolled, or expected."""
    gallery = people.gallery()
    names = {name_key(one.name): one.name for one in gallery.people.values()} if gallery else {}
    expected = {name_key(name): name for name in expected_people.names(people.collection)}
    return sorted((expected | names).values())
