"""Which faces of an enrolment become examples, and what people are to be warned of. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from recognition.gallery.gallery import example_id
from recognition.gallery.names import name_key
from recognition.matching import distances_between, of_length
from recognition.registry.models import Model
from recognition.types import Embedding

SAME_PICTURE_SHARE = 0.005
"""Nearer than this share of the pair threshold, two embeddings come from one picture: engines
differ by a thousandth of it."""

LOOK_ALIKE_FPIR = 0.01
ROWS_AT_A_TIME = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class NearPerson:
    """A person of the gallery, and how far a new face is from them."""

    name: str
    distance: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NewExample:
    """A face that is to become an example.

    Parameters:
        person: whose face it is said to be.
        source: the picture, as people know it.
        embedding: what it looks like to the model.
        sha256: of the picture's bytes, where there is a picture.
        faces: how many faces the picture shows.
        box: left, top, right, bottom of this one.
        near: people of the gallery near it.
        doubt: why such a face would get no name.
    """

    person: str
    source: str
    embedding: Embedding
    sha256: str = ""
    faces: int = 1
    box: Sequence[float] = (0.0, 0.0, 0.0, 0.0)
    near: Sequence[NearPerson] = ()
    doubt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A remark about a picture."""

    source: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Learnt:
    """The examples to add, and the warnings. `twice` are pictures that are not added again,
    `refused` names that can't be one."""

    examples: tuple[NewExample, ...]
    warnings: tuple[Note, ...] = ()
    twice: tuple[Note, ...] = ()
    refused: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the gallery holds: each person's example ids by `name_key`, and how many in all."""

    examples: Mapping[str, Collection[str]] = field(default_factory=dict)
    count: int = 0


def learn(new: Sequence[NewExample], known: Known, model: Model | None) -> Learnt:
    """Which of the new examples to add, and what to say about them.

    Without a model nobody is known to look like anybody: only the same picture is.
    """
    same = SAME_PICTURE_SHARE * model.pair_threshold if model else 0.0
    kept, twice = _without_twins(new, known, same)
    threshold = look_alike_threshold(model, known.count + len(kept)) if model else 0.0
    warnings = [
        Note(source=one.source, text=text)
        for one in kept
        for text in (*_doubts(one), *_like_known(one, threshold))
    ]
    warnings += _like_each_other(kept, threshold, model.length if model else 0.0)
    return Learnt(examples=tuple(kept), warnings=tuple(warnings), twice=tuple(twice))


def lines_of(learnt: Learnt) -> list[str]:
    """What to tell people, a line each."""
    not_added = (*learnt.refused, *learnt.twice)
    return [
        *(f"{note.source} is left out: {note.text}" for note in not_added),
        *(f"warning: {note.source}: {note.text}" for note in learnt.warnings),
    ]


def why_not_learnt(left_out: Sequence[str | None], sure_faces: int, only_one: bool) -> str | None:
    """Why a picture gives no example, or None.

    Parameters:
        left_out: why the quality filter skips each face, or None; the picture's own face first.
        sure_faces: how many of the faces are good enough to be somebody's.
        only_one: pictures of several faces are refused.
    """
    if not left_out:
        return "no face was found"
    if left_out[0]:
        return f"the face is {left_out[0]}"
    if only_one and sure_faces > 1:
        return f"it shows {sure_faces} faces, and only pictures of one face were asked for"
    return None


def look_alike_threshold(model: Model, examples: int) -> float:
    """How near a face must be to somebody else's to be warned of.

    The threshold for pairs; in a large gallery the nearer one of the open-set decision, since
    among many examples some are near by chance.
    """
    return min(model.pair_threshold, model.line.at(examples, LOOK_ALIKE_FPIR))


def _without_twins(
    new: Sequence[NewExample], known: Known, same: float
) -> tuple[list[NewExample], list[Note]]:
    """The examples that their person does not have yet, and a note for each of the others."""
    kept: list[NewExample] = []
    twice: list[Note] = []
    first: dict[tuple[str, str], str] = {}
    for one in new:
        person = name_key(one.person)
        marks = [(person, example_id(one.embedding))]
        marks += [(person, f"sha256 {one.sha256}")] if one.sha256 else []
        before = next((first[mark] for mark in marks if mark in first), None)
        if marks[0][1] in known.examples.get(person, ()) or _is_near_itself(one, same):
            before = f"an example that {one.person} has already"
        if before is None:
            kept.append(one)
            first |= dict.fromkeys(marks, one.source)
        else:
            text = f"the same picture as {before}; it was not added again"
            twice.append(Note(source=one.source, text=text))
    return kept, twice


def _is_near_itself(one: NewExample, same: float) -> bool:
    """Whether the gallery has the person with this very picture, by another engine."""
    mine = (near for near in one.near if name_key(near.name) == name_key(one.person))
    return any(near.distance <= same for near in mine)


def _doubts(one: NewExample) -> Iterator[str]:
    if one.doubt:
        yield f"the face that was learnt is {one.doubt}"
    if one.faces > 1:
        left, top, right, bottom = one.box
        yield (
            f"{one.faces} faces; the one of {right - left:.0f}x{bottom - top:.0f} pixels "
            f"at {left:.0f},{top:.0f} was learnt as {one.person}"
        )


def _like_known(one: NewExample, threshold: float) -> Iterator[str]:
    """People of the gallery suspiciously near an example."""
    for near in one.near:
        if name_key(near.name) != name_key(one.person) and near.distance <= threshold:
            yield _alike(one.person, near.name, near.distance, threshold)


def _like_each_other(
    examples: Sequence[NewExample], threshold: float, length: float
) -> Iterator[Note]:
    """The nearest pair of examples of each two people who are too near to each other."""
    nearest: dict[frozenset[str], tuple[float, int, int]] = {}
    for one, other, distance in _near_pairs(examples, threshold, length):
        both = frozenset(name_key(examples[place].person) for place in (one, other))
        nearest[both] = min(nearest.get(both, (distance, one, other)), (distance, one, other))
    for distance, one, other in nearest.values():
        first, second = examples[one], examples[other]
        whom = f"{second.person} in {second.source}"
        text = _alike(first.person, whom, distance, threshold)
        yield Note(source=first.source, text=text)


def _near_pairs(
    examples: Sequence[NewExample], threshold: float, length: float
) -> Iterator[tuple[int, int, float]]:
    """Places of two examples of two people, and how near they are."""
    if not examples:
        return
    rows = of_length(np.array([one.embedding for one in examples]), length)
    keys = np.unique([name_key(one.person) for one in examples], return_inverse=True)[1]
    for start in range(0, len(rows), ROWS_AT_A_TIME):
        part = slice(start, start + ROWS_AT_A_TIME)
        apart = distances_between(rows[part], rows)
        for here, other in np.argwhere((apart <= threshold) & (keys[part, None] != keys)):
            if start + here < other:
                yield start + int(here), int(other), float(apart[here, other])


def _alike(person: str, other: str, distance: float, threshold: float) -> str:
    if distance <= SAME_PICTURE_SHARE * threshold:
        return f"the same picture as {other}: it can't show {person}, too"
    return (
        f"{person} looks like {other} (distance {distance:.2f}; up to {threshold:.2f} is taken "
        "for one person): check who it is"
    )
