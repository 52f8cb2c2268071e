"""Operations that search a collection: by a face of it, by a user, by a picture."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from faceweb.models import Collection, Face, IndexedFace, Job, JobKind
from faceweb.people.faces.likeness import looks_of
from faceweb.people.subjects import Subjects
from faceweb.people.threshold import threshold_in_force
from faceweb.rekognition.asking import looked_at, searched
from faceweb.rekognition.call import Answer, Call
from faceweb.rekognition.errors import invalid, not_found
from faceweb.rekognition.operations.collections import model_of
from faceweb.rekognition.operations.faces import embedding_options
from faceweb.rekognition.operations.gallery import look_of
from faceweb.rekognition.operations.people import ACTIVE, users_of
from faceweb.rekognition.operations.whose import faces_of, followed, users_by_face
from faceweb.rekognition.shapes import DEFAULT_MATCH, box_json, detail_json, indexed_json, percent
from faceweb.replies.threads import run_in_thread
from foundation.messages import MOST_CANDIDATES
from recognition.gallery.gallery import example_id
from recognition.matching import distance_to, similarity
from recognition.registry.models import model_named
from recognition.types import Embedding

FACES, USERS = 80, 10
"""How many matches there are where the request does not say."""
USER_MATCH = 80.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """People near to what was searched for, by id with their similarity, and what it looks like."""

    people: dict[str, float]
    looks: Embedding | None


def _found(face: Face | None, looks: Embedding | None) -> Found:
    near = face.candidates if face else []
    return Found(people={one: similarity for one, _, similarity in near}, looks=looks)


async def search_faces(call: Call) -> Answer:
    """Indexed faces that look like one of them."""
    collection, face = await run_in_thread(_face_of, call)
    row = await searched(call, face, face.person_id, MOST_CANDIDATES)

    def work() -> Answer:
        people = call.people(collection)
        found = _found(row, look_of(people, face))
        matches = face_matches(call, people, found, without=face.face_id)
        return {
            "SearchedFaceId": face.face_id,
            "FaceMatches": matches,
            "FaceModelVersion": model_of(people),
        }

    return await run_in_thread(work)


def _face_of(call: Call) -> tuple[Collection, IndexedFace]:
    collection, face_id = call.collection(), call.members["FaceId"]
    row = IndexedFace.objects.filter(collection=collection, face_id=face_id)
    faces = followed(row)
    if not faces:
        raise not_found(f"The face id: {face_id} does not exist")
    return collection, faces[0]


@asynccontextmanager
async def _picture_seen(call: Call) -> AsyncIterator[tuple[Collection, Job]]:
    """The collection that is searched, and the job that saw the request's picture."""
    collection = await run_in_thread(call.collection)
    picture = await run_in_thread(call.picture)
    options = embedding_options(call, "NONE", MOST_CANDIDATES)
    async with looked_at(call, JobKind.EMBED, [picture], collection.pk, options) as job:
        yield collection, job


async def search_faces_by_image(call: Call) -> Answer:
    """Indexed faces that look like the largest face of a picture."""
    async with _picture_seen(call) as (collection, job):

        def work() -> Answer:
            people, face = call.people(collection), largest(job)
            return {
                "SearchedFaceBoundingBox": box_json(face, job),
                "SearchedFaceConfidence": round(face.probability * 100, 4),
                "FaceMatches": face_matches(call, people, _found(face, looks_of(face.embedding))),
                "FaceModelVersion": model_of(people),
            }

        return await run_in_thread(work)


async def search_users_by_image(call: Call) -> Answer:
    """Users who look like the largest face of a picture."""
    async with _picture_seen(call) as (collection, job):

        def work() -> Answer:
            face = largest(job)
            others = [one for one in job.faces.all() if one.pk != face.pk]
            return {
                "UserMatches": user_matches(call, collection, _found(face, None)),
                "FaceModelVersion": model_of(call.people(collection)),
                "SearchedFace": {"FaceDetail": detail_json(face, job)},
                "UnsearchedFaces": [
                    {"FaceDetails": detail_json(one, job), "Reasons": ["FACE_NOT_LARGEST"]}
                    for one in others
                ],
            }

        return await run_in_thread(work)


async def search_users(call: Call) -> Answer:
    """Users who look like an indexed face, or like the faces of another user."""
    if ("FaceId" in call.members) == ("UserId" in call.members):
        raise invalid("Give either FaceId or UserId.")
    if "FaceId" in call.members:
        collection, face = await run_in_thread(_face_of, call)
        row = await searched(call, face, face.person_id, MOST_CANDIDATES)
        near, asked_for = _found(row, None), {"SearchedFace": {"FaceId": face.face_id}}
        without = ""
    else:
        collection, faces = await run_in_thread(_faces_of_user, call)
        rows = [await searched(call, one, one.person_id, MOST_CANDIDATES) for one in faces]
        near, asked_for = _nearest(rows), {"SearchedUser": {"UserId": call.members["UserId"]}}
        without = call.members["UserId"]

    def work() -> Answer:
        matches = user_matches(call, collection, near, without)
        return {"UserMatches": matches, "FaceModelVersion": model_of(call.people(collection))}

    return {**await run_in_thread(work), **asked_for}


MOST_FACES_SEARCHED = 10
"""Of a user: each is a question to the workers."""


def _faces_of_user(call: Call) -> tuple[Collection, list[IndexedFace]]:
    collection, user = call.collection(), call.members["UserId"]
    person = call.people(collection).named(user)
    if person is None:
        raise not_found(f"The user id: {user} has no faces in the collection")
    return collection, faces_of([person.id], collection.pk)[:MOST_FACES_SEARCHED]


def _nearest(rows: Sequence[Face | None]) -> Found:
    """Each person's best of several searches."""
    best: dict[str, float] = {}
    for row in rows:
        for person_id, alike in _found(row, None).people.items():
            best[person_id] = max(alike, best.get(person_id, 0.0))
    return Found(people=best, looks=None)


def largest(job: Job) -> Face:
    """The largest face of a picture. Raises Refusal where there is none."""
    faces = [face for face in job.faces.all() if face.embedding]
    if not faces:
        raise invalid("There are no faces in the image. Should be at least 1.")
    return max(faces, key=lambda face: face.area)


def face_matches(
    call: Call, people: Subjects, found: Found, without: str = ""
) -> list[dict[str, object]]:
    """The indexed faces of the people that were found, each with its own similarity."""
    faces = [one for one in faces_of(found.people, people.collection) if one.face_id != without]
    alike = _similarities(call, people, found, faces)
    least = call.members.get("FaceMatchThreshold", DEFAULT_MATCH)
    near = [face for face in faces if alike.get(face.face_id, -1.0) >= least]
    near.sort(key=lambda face: (-alike[face.face_id], face.face_id))
    near = near[: call.members.get("MaxFaces") or FACES]
    users = users_by_face(near)
    return [
        {"Similarity": alike[face.face_id], "Face": indexed_json(face, users.get(face.face_id))}
        for face in near
    ]


def _similarities(
    call: Call, people: Subjects, found: Found, faces: Sequence[IndexedFace]
) -> dict[str, float]:
    """Each face's similarity in percent. Only of people with several examples are these read."""
    gallery = people.gallery()
    threshold = threshold_in_force(gallery, call.settings, people.collection)
    if gallery is None or threshold is None or found.looks is None:
        return {}
    model = model_named(gallery.model)
    alike: dict[str, float] = {}
    for person_id in {face.person_id for face in faces} & gallery.people.keys():
        theirs = {face.example_id: face.face_id for face in faces if face.person_id == person_id}
        if gallery.people[person_id].examples == 1 and person_id in found.people:
            alike |= dict.fromkeys(theirs.values(), percent(found.people[person_id]))
            continue
        for row in gallery.examples[person_id]:
            if face_id := theirs.get(example_id(row)):
                distance = distance_to(found.looks, row[None], "nearest", model.length)
                alike[face_id] = percent(similarity(distance, threshold.distance))
    return alike


def user_matches(
    call: Call, collection: Collection, found: Found, without: str = ""
) -> list[dict[str, object]]:
    """The people with a name who were found, the likeliest first."""
    least = call.members.get("UserMatchThreshold", USER_MATCH)
    users = users_of(collection.pk).filter(pk__in=found.people).exclude(name=without)
    alike = {row.name: percent(found.people[row.pk]) for row in users}
    near = sorted((name for name in alike if alike[name] >= least), key=lambda one: -alike[one])
    return [
        {"Similarity": alike[name], "User": {"UserId": name, "UserStatus": ACTIVE}}
        for name in near[: call.members.get("MaxUsers") or USERS]
    ]
