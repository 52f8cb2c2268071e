"""Whom replies speak of, by their ids in the gallery.

A reply may name a person that the database has not copied yet: that person gets a row. It may name
somebody who was erased while it was on its way: then it is changed, and names nobody.
"""

from collections.abc import Iterable, Mapping, Sequence, Set as AbstractSet
from dataclasses import replace

from faceweb.models import Job, Subject
from faceweb.people.erasure.late import reopen_for
from foundation.collections import DEFAULT
from foundation.messages import FaceReply, Reply

ERASED = "erased"
"""The answer about somebody who was erased."""


def erased_among(replies: Sequence[Reply]) -> frozenset[str]:
    """The ids of erased people in the replies, by one query. New people get a row."""
    names_by_id = _names_by_id([face for reply in replies for face in reply.faces])
    known = dict(Subject.objects.filter(pk__in=names_by_id).values_list("pk", "erased_at"))
    _add_people(replies, {one: name for one, name in names_by_id.items() if one not in known})
    erased = frozenset(one for one, erased_at in known.items() if erased_at)
    if erased:
        reopen_for(erased)
    return erased


def _names_by_id(faces: Iterable[FaceReply]) -> dict[str, str]:
    """The name that a reply has for each id, of people and of candidates."""
    names: dict[str, str] = {}
    for face in faces:
        names |= {one.person_id: one.name for one in face.candidates}
        if face.person_id:
            names[face.person_id] = face.identity or ""
    return names


def _add_people(replies: Sequence[Reply], names: Mapping[str, str]) -> None:
    """Add rows for people so new in a gallery that no copy has them, in their jobs' collections."""
    if not names:
        return
    ids = [reply.job_id for reply in replies]
    collections = dict(Job.objects.filter(pk__in=ids).values_list("pk", "collection_id"))
    for reply in replies:
        names_by_id = _names_by_id(reply.faces).keys() & names.keys()
        add_people({one: names[one] for one in names_by_id}, collections.get(reply.job_id, DEFAULT))


def add_people(names: Mapping[str, str], collection: str = DEFAULT) -> None:
    """Add rows for people so new in a gallery that no copy has them: names by id."""
    if names:
        Subject.objects.bulk_create(
            [
                Subject(
                    pk=one,
                    collection_id=collection,
                    name=names[one],
                    name_key=Subject.key_of(names[one]),
                )
                for one in sorted(names)
            ],
            ignore_conflicts=True,
        )


def without_erased(reply: Reply, erased: AbstractSet[str]) -> Reply:
    """The reply without people who were erased while it was on its way."""
    if not erased:
        return reply
    names = {face.identity for face in reply.faces if face.person_id in erased}
    return replace(
        reply,
        answer=ERASED if reply.answer in names else reply.answer,
        faces=tuple(_without_erased(face, erased) for face in reply.faces),
    )


def _without_erased(face: FaceReply, erased: AbstractSet[str]) -> FaceReply:
    if face.person_id in erased:
        return FaceReply(box=face.box, probability=face.probability)
    candidates = tuple(one for one in face.candidates if one.person_id not in erased)
    return replace(face, candidates=candidates)
