"""Operations on pictures and faces: detect, compare, index, delete."""

from operator import itemgetter

from faceweb.models import Collection, Face, Job, JobKind
from faceweb.people.faces.shown_faces import shown_faces
from faceweb.rekognition.asking import QUALITY, looked_at
from faceweb.rekognition.call import Answer, Call
from faceweb.rekognition.errors import invalid
from faceweb.rekognition.members import Members
from faceweb.rekognition.operations.collections import model_of
from faceweb.rekognition.operations.gallery import indexed, remove
from faceweb.rekognition.operations.whose import faces_named, users_by_face
from faceweb.rekognition.shapes import DEFAULT_MATCH, box_json, detail_json, indexed_json, percent
from faceweb.replies.threads import run_in_thread
from foundation.aws.storage import gallery_bucket
from foundation.messages import NO_SUCH_FACE

GIVEN_ATTRIBUTES = frozenset({"DEFAULT"})


def check_attributes(members: Members, member: str) -> None:
    """Raises Refusal for what is not measured here: age, smile, emotions and the like."""
    wanted = set(members.get(member) or ()) - GIVEN_ATTRIBUTES
    if wanted:
        names = ", ".join(sorted(wanted))
        raise invalid(f"{member}: {names} can't be told here; only DEFAULT is.")


async def detect_faces(call: Call) -> Answer:
    """Every face of a picture, with its place, quality and pose."""
    check_attributes(call.members, "Attributes")
    picture = await run_in_thread(call.picture)
    async with looked_at(call, JobKind.DETECT, [picture], call.nowhere) as job:
        faces = await run_in_thread(shown_faces, job)
        return {"FaceDetails": [detail_json(face, job) for face in faces]}


async def compare_faces(call: Call) -> Answer:
    """The largest face of the source with each of the target."""
    pictures = [
        await run_in_thread(call.picture, member) for member in ("SourceImage", "TargetImage")
    ]
    least = call.members.get("SimilarityThreshold", DEFAULT_MATCH)
    options = {"other_face": "all"}
    async with looked_at(call, JobKind.VERIFY, pictures, call.nowhere, options) as job:
        if job.error_kind == NO_SUCH_FACE:
            raise invalid(job.error or "There is no face in a picture.")
        source, *others = await run_in_thread(shown_faces, job)
        target = Job(width=pictures[1].width, height=pictures[1].height)
        matches: list[tuple[float, dict[str, object]]] = []
        unmatched: list[dict[str, object]] = []
        for face in others:
            similarity = percent(face.similarity or 0.0)
            if similarity >= least:
                matches.append((similarity, detail_json(face, target)))
            else:
                unmatched.append(detail_json(face, target))
        matches.sort(key=itemgetter(0), reverse=True)
        return {
            "SourceImageFace": {
                "BoundingBox": box_json(source, job),
                "Confidence": round(source.probability * 100, 4),
            },
            "FaceMatches": [{"Similarity": alike, "Face": shown} for alike, shown in matches],
            "UnmatchedFaces": unmatched,
        }


async def index_faces(call: Call) -> Answer:
    """Add the faces of a picture to a collection, the largest first."""
    check_attributes(call.members, "DetectionAttributes")
    collection = await run_in_thread(call.collection)
    picture = await run_in_thread(call.picture)
    options = embedding_options(call, "AUTO")
    async with looked_at(call, JobKind.EMBED, [picture], collection.pk, options) as job:
        return await run_in_thread(_index, call, collection, job)


def embedding_options(call: Call, quality: str, candidates: int = 0) -> dict[str, object]:
    """How a picture is embedded: with which quality filter, and how many people near to it."""
    members = QUALITY[call.members.get("QualityFilter", quality)]
    return {"quality": members, "candidates": candidates}


def _index(call: Call, collection: Collection, job: Job) -> Answer:
    people = call.people(collection)
    faces = list(job.faces.order_by("number"))
    faces.sort(key=lambda face: -face.area)
    usable = [face for face in faces if face.embedding and not _why_not(face)]
    most = call.members.get("MaxFaces") or len(usable)
    chosen = usable[:most]
    external = call.members.get("ExternalImageId", "")
    rows = indexed(people, job, chosen, external, gallery_bucket(call.settings))
    records = [
        {"Face": indexed_json(row), "FaceDetail": detail_json(face, job)}
        for row, face in zip(rows, chosen, strict=True)
    ]
    return {
        "FaceRecords": records,
        "UnindexedFaces": [
            {
                "Reasons": [_why_not(face) or "EXCEEDS_MAX_FACES"],
                "FaceDetail": detail_json(face, job),
            }
            for face in faces
            if face not in chosen
        ],
        "FaceModelVersion": model_of(people),
    }


def _why_not(face: Face) -> str | None:
    if face.left_out:
        return "LOW_FACE_QUALITY"
    if face.not_named:
        return "SMALL_BOUNDING_BOX" if "small" in face.not_named else "LOW_CONFIDENCE"
    return None


def delete_faces(call: Call) -> Answer:
    """Remove indexed faces that are no user's; a user's are told with the reason."""
    collection = call.collection()
    people = call.people(collection)
    faces = faces_named(call.members["FaceIds"], collection.pk)
    users = users_by_face([face for face in faces.values() if face])
    gone, kept = [], []
    for face_id, face in faces.items():
        if face is None:
            kept.append({"FaceId": face_id, "Reasons": ["FACE_NOT_FOUND"]})
        elif face_id in users:
            shown = {"FaceId": face_id, "UserId": users[face_id]}
            kept.append({**shown, "Reasons": ["ASSOCIATED_TO_AN_EXISTING_USER"]})
        else:
            remove(people, face)
            gone.append(face_id)
    return {"DeletedFaces": gone, "UnsuccessfulFaceDeletions": kept}
