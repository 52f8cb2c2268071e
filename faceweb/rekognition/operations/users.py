"""Operations that say whose faces are."""

from faceweb.models import IndexedFace
from faceweb.people import expected_people
from faceweb.people.subjects import Subjects
from faceweb.people.threshold import threshold_in_force
from faceweb.rekognition.call import Answer, Call
from faceweb.rekognition.operations.gallery import give, look_of, loosened
from faceweb.rekognition.operations.people import ACTIVE, CREATED, user_of
from faceweb.rekognition.operations.whose import faces_named, users_by_face
from faceweb.rekognition.shapes import percent
from recognition.errors import UnknownModel
from recognition.matching import distance_to, similarity
from recognition.registry.models import model_named

USER_MATCH = 75.0


def associate_faces(call: Call) -> Answer:
    """Make indexed faces a user's, unless they are another's or look too different."""
    people, user = user_of(call)
    done, failed = [], []
    for face_id, face in faces_named(call.members["FaceIds"], people.collection).items():
        if why := _why_not(call, people, face, user):
            failed.append({"FaceId": face_id, **why})
            continue
        assert face is not None  # noqa: S101 - there would be a reason
        if users_by_face([face]).get(face_id) != user:
            give(people, face, user)
        done.append({"FaceId": face_id})
    if people.named(user) is not None:
        expected_people.forget(user, people.collection)
    return {
        "AssociatedFaces": done,
        "UnsuccessfulFaceAssociations": failed,
        "UserStatus": ACTIVE if people.named(user) else CREATED,
    }


def _why_not(
    call: Call, people: Subjects, face: IndexedFace | None, user: str
) -> dict[str, object] | None:
    """Why a face can't be this user's, or None."""
    if face is None:
        return {"Reasons": ["FACE_NOT_FOUND"]}
    holder = users_by_face([face]).get(face.face_id)
    if holder not in (None, user):
        return {"UserId": holder, "Reasons": ["ASSOCIATED_TO_A_DIFFERENT_USER"]}
    sure = 100.0 if holder else likeness(call, people, face, user)
    if sure is not None and sure < call.members.get("UserMatchThreshold", USER_MATCH):
        return {"Confidence": sure, "Reasons": ["LOW_MATCH_CONFIDENCE"]}
    return None


def likeness(call: Call, people: Subjects, face: IndexedFace, user: str) -> float | None:
    """How much a face looks like a user's others, in percent; None for the first one."""
    person, look, gallery = people.named(user), look_of(people, face), people.gallery()
    threshold = threshold_in_force(gallery, call.settings, people.collection)
    if person is None or look is None or gallery is None or threshold is None:
        return None
    try:
        model = model_named(gallery.model)
    except UnknownModel:
        return None
    distance = distance_to(look, gallery.examples[person.id], model.rule, model.length)
    return percent(similarity(distance, threshold.distance))


def disassociate_faces(call: Call) -> Answer:
    """Take faces from a user; they stay indexed, as nobody's."""
    people, user = user_of(call)
    done, failed = [], []
    for face_id, face in faces_named(call.members["FaceIds"], people.collection).items():
        person = people.named(user)
        if face is None:
            failed.append({"FaceId": face_id, "Reasons": ["FACE_NOT_FOUND"]})
        elif person is None or users_by_face([face]).get(face_id) != user:
            reasons = ["ASSOCIATED_TO_A_DIFFERENT_USER"]
            failed.append({"FaceId": face_id, "Reasons": reasons})
        elif loosened(people, person, [face]):
            done.append({"FaceId": face_id})
    if people.named(user) is None:
        expected_people.expect(user, people.collection)
    return {
        "DisassociatedFaces": done,
        "UnsuccessfulFaceDisassociations": failed,
        "UserStatus": ACTIVE if people.named(user) else CREATED,
    }
