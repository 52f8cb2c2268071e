"""New examples beside those of a gallery: what it has already, and who they are near to."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from recognition.enrolment.learning import Known, Learnt, NearPerson, NewExample, Note, learn
from recognition.errors import NameRefused
from recognition.gallery.gallery import Gallery, check_model, example_id
from recognition.gallery.names import clean_name, name_key
from recognition.matching import ranked
from recognition.registry.models import model_named
from recognition.types import Embedding

PEOPLE_COMPARED = 4


def near_people(embedding: Embedding, gallery: Gallery | None) -> list[NearPerson]:
    """The people of the gallery who have an example near a face, nearest first."""
    if gallery is None:
        return []
    length = model_named(gallery.model).length
    near = gallery.people_near(embedding, PEOPLE_COMPARED)
    return [
        NearPerson(name=gallery.people[match.person_id].name, distance=match.distance)
        for match in ranked(embedding, near, "nearest", length)
    ]


def known_examples(gallery: Gallery | None) -> Known:
    """The ids of everybody's examples."""
    if gallery is None:
        return Known()
    examples = {
        name_key(person.name): {example_id(row) for row in gallery.examples[person.id]}
        for person in gallery.people.values()
    }
    return Known(examples=examples, count=gallery.example_count)


def learn_embeddings(
    people: Iterable[tuple[str, object]], model: str, gallery: Gallery | None
) -> Learnt:
    """What to add of pairs of a name and an embedding, which come without pictures.

    Raises GalleryModelMismatch.
    """
    if gallery is not None:
        check_model(gallery, model)
    new: list[NewExample] = []
    refused: dict[str, Note] = {}
    counts: dict[str, int] = defaultdict(int)
    for written, vector in people:
        try:
            name = clean_name(written)
        except NameRefused as error:
            refused[written] = Note(source=repr(written), text=str(error))
            continue
        counts[name] += 1
        embedding = np.asarray(vector, np.float32)
        new.append(
            NewExample(
                person=name,
                source=f"example {counts[name]} of {name}",
                embedding=embedding,
                near=near_people(embedding, gallery),
            )
        )
    learnt = learn(new, known_examples(gallery), model_named(model))
    return replace(learnt, refused=tuple(refused.values()))


def by_person(examples: Sequence[NewExample]) -> Mapping[str, list[Embedding]]:
    """The embeddings of each person, as `add_examples` takes them."""
    found: dict[str, list[Embedding]] = defaultdict(list)
    for one in examples:
        found[one.person].append(one.embedding)
    return found
