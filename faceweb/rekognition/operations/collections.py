"""Operations on collections, and lists of what is in them."""

from faceweb.collections import making
from faceweb.collections.reach import reached_by_key
from faceweb.models import Collection, IndexedFace
from faceweb.people.subjects import Subjects
from faceweb.rekognition.call import Answer, Call
from faceweb.rekognition.errors import Refusal, invalid
from faceweb.rekognition.operations.people import users_of
from faceweb.rekognition.operations.whose import users_by_face
from faceweb.rekognition.pages import page_of
from faceweb.rekognition.shapes import indexed_json

NO_MODEL = "none yet"
ACCOUNT = "000000000000"


def arn_of(call: Call, collection: Collection) -> str:
    """The ARN that clients know a collection by."""
    region = call.settings.aws_region
    return f"arn:aws:rekognition:{region}:{ACCOUNT}:collection/{collection.name}"


def model_of(people: Subjects) -> str:
    """The gallery's model; a new collection has none until its first face."""
    gallery = people.gallery()
    return gallery.model if gallery else NO_MODEL


def create_collection(call: Call) -> Answer:
    """Make an empty collection of the caller's team. Raises Refusal where the name is taken."""
    if call.members.get("Tags"):
        raise invalid("Tags are not kept here: leave them out.")
    wanted = Collection(name=call.members["CollectionId"])
    try:
        made = making.make(wanted, call.caller, call.settings)
    except making.CollectionTaken:
        raise Refusal(
            "ResourceAlreadyExistsException", f"The collection id: {wanted.name} already exists"
        ) from None
    except making.CollectionRefused as refusal:
        raise invalid(str(refusal)) from None
    return {
        "StatusCode": 200,
        "CollectionArn": arn_of(call, made),
        "FaceModelVersion": model_of(call.people(made)),
    }


def describe_collection(call: Call) -> Answer:
    """Count a collection's faces and users, and name its model."""
    collection = call.collection()
    return {
        "FaceCount": IndexedFace.objects.filter(collection=collection).count(),
        "UserCount": users_of(collection.pk).count(),
        "FaceModelVersion": model_of(call.people(collection)),
        "CollectionARN": arn_of(call, collection),
        "CreationTimestamp": round(collection.created_at.timestamp(), 3),
    }


def list_collections(call: Call) -> Answer:
    """A page of the collections that the key reaches, with their models."""
    reached = reached_by_key(call.caller.team, call.caller.bound)
    found, token = page_of(reached, "pk", call.members, 4096)
    return {
        "CollectionIds": [one.name for one in found],
        "FaceModelVersions": [one.model or NO_MODEL for one in found],
        "NextToken": token,
    }


def delete_collection(call: Call) -> Answer:
    """Begin to delete a collection; the web tier's upkeep erases what is in it."""
    try:
        making.begin_deleting(call.collection(), call.caller.name)
    except making.CollectionRefused as refusal:
        raise invalid(str(refusal)) from None
    return {"StatusCode": 200}


def list_faces(call: Call) -> Answer:
    """A page of indexed faces: all, those of some ids, or those of one user."""
    collection = call.collection()
    rows = IndexedFace.objects.filter(collection=collection)
    if ids := call.members.get("FaceIds"):
        rows = rows.filter(face_id__in=ids)
    if user := call.members.get("UserId"):
        person = call.people(collection).named(user)
        rows = rows.filter(person_id=person.id if person else "")
    found, token = page_of(rows, "face_id", call.members, 4096)
    users = users_by_face(found)
    return {
        "Faces": [indexed_json(face, users.get(face.face_id)) for face in found],
        "FaceModelVersion": model_of(call.people(collection)),
        "NextToken": token,
    }
