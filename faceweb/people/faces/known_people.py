"""Who replies speak of: the ids and words of replies -> people of the database.

A reply may name somebody whom the database has not copied yet: that person gets a row. It may
name somebody who was erased while it was on its way: then it is changed, and names nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db.models import Q

from faceweb.models import Job, Subject
from faceweb.people.erasure.late import erased_words, reopen_for
from foundation.collections import DEFAULT
from foundation.messages import FaceReply, Reply

ERASED = "erased"
"""The answer about somebody who was erased."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPeople:
    """The people of some replies: ids by word for replies without ids, and who was erased."""

    by_word: Mapping[str, str]
    erased: frozenset[str]
    erased_words: frozenset[str] = frozenset()

    def id_of(self, face: FaceReply) -> str | None:
        """The person of a face, or None where its word belongs to nobody."""
        return face.person_id or self.by_word.get(face.identity or "")

    def is_erased(self, face: FaceReply) -> bool:
        return self.id_of(face) in self.erased or face.identity in self.erased_words


NOBODY = KnownPeople(by_word={}, erased=frozenset())


def people_of(replies: Sequence[Reply]) -> KnownPeople:
    """Look up everybody whom the replies speak of, with one query; new ones get their row."""
    faces = [face for reply in replies for face in reply.faces]
    said = _names_by_id(faces)
    words = {face.identity for face in faces if face.identity and not face.person_id}
    if not said and not words:
        return NOBODY
    found = Subject.objects.filter(Q(pk__in=said) | Q(name__in=words, collection=DEFAULT))
    rows = list(found.order_by("examples"))  # of two with one name, who is enrolled comes last
    known = {row.pk for row in rows}
    _add_people(replies, {one: name for one, name in said.items() if one not in known})
    by_word = {row.name: row.pk for row in rows if row.name in words}
    people = KnownPeople(
        by_word=by_word,
        erased=frozenset(row.pk for row in rows if row.erased_at),
        erased_words=erased_words(words - by_word.keys()),
    )
    if people.erased:
        reopen_for(people.erased)
    return people


def _names_by_id(faces: Iterable[FaceReply]) -> dict[str, str]:
    """The name that a reply has for each id, of people and of candidates."""
    names: dict[str, str] = {}
    for face in faces:
        names |= {one.person_id: one.name for one in face.candidates}
        if face.person_id:
            names[face.person_id] = face.identity or ""
    return names


def _add_people(replies: Sequence[Reply], names: Mapping[str, str]) -> None:
    """Rows for people whom a gallery got so lately that no copy has them, in the collections of
    the jobs that speak of them."""
    if not names:
        return
    ids = [reply.job_id for reply in replies]
    collections = dict(Job.objects.filter(pk__in=ids).values_list("pk", "collection_id"))
    for reply in replies:
        said = _names_by_id(reply.faces).keys() & names.keys()
        add_people({one: names[one] for one in said}, collections.get(reply.job_id, DEFAULT))


def add_people(names: Mapping[str, str], collection: str = DEFAULT) -> None:
    """Rows for people whom a gallery got so lately that no copy has them: names by id."""
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


def without_erased(reply: Reply, people: KnownPeople) -> Reply:
    """The reply without people who were erased while it was on its way."""
    if not people.erased and not people.erased_words:
        return reply
    erased = {face.identity for face in reply.faces if people.is_erased(face)}
    return replace(
        reply,
        answer=ERASED if reply.answer in erased else reply.answer,
        faces=tuple(_without_erased(face, people) for face in reply.faces),
    )


def _without_erased(face: FaceReply, people: KnownPeople) -> FaceReply:
    candidates = tuple(one for one in face.candidates if one.person_id not in people.erased)
    if not people.is_erased(face):
        return replace(face, candidates=candidates)
    return FaceReply(box=face.box, probability=face.probability)
