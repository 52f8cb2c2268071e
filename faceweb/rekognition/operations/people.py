"""Users: people with a name, with faces or not (yet)."""

from contextlib import suppress
from typing import TypeVar

from django.db.models import QuerySet, Value

from faceweb.models import Collection, ExpectedPerson, IndexedFace, Subject
from faceweb.people import expected_people
from faceweb.people.erasure.running import soon
from faceweb.people.subject_list import enrolled_as
from faceweb.people.subjects import NoSuchSubject, Subjects
from faceweb.rekognition.call import Answer, Call
from faceweb.rekognition.errors import Refusal, not_found
from faceweb.rekognition.operations.gallery import loosened
from faceweb.rekognition.operations.whose import faces_of
from faceweb.rekognition.pages import read_token, token_of
from recognition.errors import NameRefused
from recognition.gallery.names import clean_name

Named = TypeVar("Named", Subject, ExpectedPerson)
ACTIVE, CREATED = "ACTIVE", "CREATED"


def users_of(collection: str) -> QuerySet[Subject]:
    """The people of a collection with a name that somebody gave."""
    unnamed = IndexedFace.objects.filter(collection=collection).values("face_id")
    enrolled = Subject.objects.filter(collection=collection, examples__gt=0, erased_at=None)
    return enrolled.exclude(name__in=unnamed)


def check_user(collection: Collection, user: str) -> None:
    """Raises Refusal where the collection has no such user."""
    expected = ExpectedPerson.objects.filter(
        collection=collection, name_key=Subject.key_of(user)
    ).exists()
    if not expected and enrolled_as(user, collection.pk) is None:
        raise not_found(f"The user id: {user} does not exist in the collection")


def user_of(call: Call) -> tuple[Subjects, str]:
    """The people of a request's collection, and which user of them it names. Raises Refusal."""
    collection, user = call.collection(), call.members["UserId"]
    check_user(collection, user)
    return call.people(collection), user


def create_user(call: Call) -> Answer:
    """Expect a person without faces yet. Raises Refusal where the name is taken."""
    collection, user = call.collection(), call.members["UserId"]
    try:
        clean_name(user)
    except NameRefused as refusal:
        raise Refusal("InvalidParameterException", f"UserId: {refusal}.") from None
    try:
        check_user(collection, user)
    except Refusal:
        expected_people.expect(user, collection.pk)
        return {}
    raise Refusal("ConflictException", f"The user id: {user} already exists")


def list_users(call: Call) -> Answer:
    """A page of users by name: ACTIVE with faces, CREATED without any yet."""
    collection = call.collection()
    after = read_token(call.members["NextToken"]) if "NextToken" in call.members else ""
    count = call.members.get("MaxResults") or 500
    active = users_of(collection.pk).filter(name__gt=after)
    expected = ExpectedPerson.objects.filter(collection=collection, name__gt=after)
    created = expected.exclude(name__in=active.values("name"))
    both = _with_status(active, ACTIVE).union(_with_status(created, CREATED))
    found = list(both.order_by("name")[: count + 1])  # only the database knows its own order
    return {
        "Users": [{"UserId": name, "UserStatus": status} for name, status in found[:count]],
        "NextToken": token_of(found[count - 1][0]) if len(found) > count else None,
    }


def _with_status(people: QuerySet[Named], status: str) -> QuerySet[Named, tuple[str, str]]:
    return people.order_by().annotate(status=Value(status)).values_list("name", "status")


def delete_user(call: Call) -> Answer:
    """The user's faces stay, as nobody's; the name goes everywhere."""
    people, user = user_of(call)
    expected_people.forget(user, people.collection)
    person = people.named(user)
    if person is not None:
        loosened(people, person, faces_of([person.id], people.collection))
        with suppress(NoSuchSubject):
            people.erase_until(soon(), person.id)
    return {}
