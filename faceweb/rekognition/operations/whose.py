"""Tells whose an indexed face is, in Rekognition's words.

A person with a name is a user. A face that nobody named is the only example of a person whose name
is the face's id.
"""

from collections.abc import Iterable, Sequence

from faceweb.models import IndexedFace, Subject


def followed(faces: Iterable[IndexedFace]) -> list[IndexedFace]:
    """The faces, each with its present person: pages may have merged them."""
    listed = list(faces)
    people = Subject.objects.select_related("merged_into").in_bulk(
        {face.person_id for face in listed}
    )
    for face in listed:
        if face.person_id in people:
            face.person_id = people[face.person_id].now.pk
    return listed


def faces_named(face_ids: Iterable[str], collection: str) -> dict[str, IndexedFace | None]:
    """The faces of these ids, each once; None where there is no such face."""
    ids = list(dict.fromkeys(face_ids))
    rows = IndexedFace.objects.filter(collection=collection).in_bulk(ids)
    found = {face.face_id: face for face in followed(rows.values())}
    return {face_id: found.get(face_id) for face_id in ids}


def users_by_face(faces: Sequence[IndexedFace]) -> dict[str, str]:
    """The name of each face's user, by the face's id; faces of nobody are left out."""
    current = followed(faces)
    names = dict(
        Subject.objects.filter(pk__in={face.person_id for face in current}).values_list(
            "pk", "name"
        )
    )
    return {
        face.face_id: names[face.person_id]
        for face in current
        if names.get(face.person_id) not in (None, "", face.face_id)
    }


def faces_of(person_ids: Iterable[str], collection: str) -> list[IndexedFace]:
    """The indexed faces of these people, also from before they were merged."""
    ids = set(person_ids)
    merged = Subject.objects.filter(merged_into__in=ids).values_list("pk", flat=True)
    return followed(
        IndexedFace.objects.filter(collection=collection, person_id__in=ids | set(merged))
    )
